// Take in samples, run them through the laboratory's devices and publish the results.
//
// Ways: winston (timestamp, errors with their stack, as its README shows), pino and bunyan (JSON as they come), log4js
// (its basic layout), `bare` is console, `journal` is winston's simple format.
'use strict';
const fs = require('fs');
const net = require('net');
const assert = require('assert');

const [way, seedText, startText, state] = process.argv.slice(2);
const seed = Number(seedText);
const JOBS = 44;
const PATIENTS = ['Biscuit', 'Luna', 'Otto', 'Pepper', 'Miso', 'Rex', 'Clover'];
const TESTS = ['CBC', 'T4', 'ALT', 'urinalysis', 'FeLV', 'heartworm'];
const mark = (byte) => fs.writeSync(1, byte + '\n');

function random(n) {
  let x = (n * 2654435761 + 12345) >>> 0;
  return (below) => {
    x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0;
    return x % below;
  };
}

function setUp() {
  if (way === 'winston') {
    const { createLogger, format, transports } = require('winston');
    const log = createLogger({
      level: 'debug',
      format: format.combine(
        format.timestamp({ format: 'YYYY-MM-DD HH:mm:ss' }),
        format.errors({ stack: true }),
        format.printf(({ timestamp, level, message, stack }) => `${timestamp} ${level}: ${stack || message}`)),
      transports: [new transports.Console()],
    });
    return (level, text, error) => (error ? log.log(level, Object.assign(error, { message: error.message })) : log.log(level, text));
  }
  if (way === 'journal') {
    const { createLogger, format, transports } = require('winston');
    const log = createLogger({ level: 'debug', format: format.simple(), transports: [new transports.Console()] });
    return (level, text, error) => log.log(level, error ? `${text}: ${error.stack}` : text);
  }
  if (way === 'pino') {
    const pino = require('pino');
    const log = pino({ level: 'debug' }, pino.destination({ dest: 1, sync: true }));
    return (level, text, error) => (error ? log[level]({ err: error }, text) : log[level](text));
  }
  if (way === 'bunyan') {
    const bunyan = require('bunyan');
    const log = bunyan.createLogger({ name: 'labresults', level: 'debug', serializers: bunyan.stdSerializers });
    return (level, text, error) => (error ? log[level]({ err: error }, text) : log[level](text));
  }
  if (way === 'log4js') {
    const log4js = require('log4js');
    log4js.configure({
      appenders: { out: { type: 'stdout', layout: { type: 'basic' } } },
      categories: { default: { appenders: ['out'], level: 'debug' } },
    });
    const log = log4js.getLogger('labresults');
    return (level, text, error) => (error ? log[level](text, error) : log[level](text));
  }
  return (level, text, error) => {
    if (level === 'error' && error) console.error(`${text}:`, error);
    else if (level === 'error') console.error(`Error: ${text}`);
    else if (level === 'warn') console.warn(text);
    else console.log(text);
  };
}

const say = setUp();

class AnalyzerError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'AnalyzerError';
  }
}

class SampleRejected extends Error {
  constructor(sample, reason) {
    super(`sample ${sample} rejected: ${reason}`);
    this.name = 'SampleRejected';
    this.sample = sample;
  }
}

class Job {
  constructor(number) {
    this.number = number;
    this.draw = random(seed * 1000 + number);
    this.draw(7);
    this.sample = `S${10000 + this.draw(89999)}`;
    this.patient = PATIENTS[this.draw(PATIENTS.length)];
    this.test = TESTS[this.draw(TESTS.length)];
  }

  work() {
    const d = this.draw;
    const lines = [
      ['info', `Sample ${this.sample} received for ${this.patient}`],
      ['debug', `Queued ${this.test} on analyzer ${1 + d(4)}`],
      ['info', `Result of ${this.test} for ${this.patient}: ${d(900) / 10} published`],
      ['info', `Batch of ${2 + d(30)} results sent to the clinic in ${20 + d(400)} ms`],
      ['debug', `Heap used ${12 + d(9)} MB, queue ${d(20)}`],
      ['warn', `Reagent for ${this.test} below ${5 + d(10)} percent`],
    ];
    for (let i = 2 + d(3); i > 0; i--) say(...lines.splice(d(lines.length), 1)[0]);
  }

  readReport() { return JSON.parse(`{"sample": "${this.sample}", "value": }`); }
  rangeOf() { const ranges = {}; return ranges[this.test].upper; }
  async loadPdf() { return fs.promises.readFile(`/var/lib/lab/reports/${this.sample}.pdf`); }
  validate() { throw new SampleRejected(this.sample, ['haemolysed', 'clotted', 'tube unlabelled'][this.draw(3)]); }
  register() { this.validate(); }
  async connect() {
    return new Promise((resolve, reject) => {
      const socket = net.connect(9, '127.0.0.1');
      socket.on('error', reject);
      socket.on('connect', resolve);
    });
  }
  async measure() {
    try {
      await this.connect();
    } catch (error) {
      throw new AnalyzerError(`analyzer ${1 + this.draw(4)} does not answer`, { cause: error });
    }
  }
  async process() {
    try {
      await this.measure();
    } catch (error) {
      throw new Error(`could not process ${this.sample}`, { cause: error });
    }
  }
  convert() { return BigInt(this.draw(50) + 0.5); }
  round() { return (this.draw(90) / 7).toFixed(200 + this.draw(50)); }
  compare() { assert.deepStrictEqual({ test: this.test, unit: 'g/l' }, { test: this.test, unit: 'mg/dl' }); }
  nest(depth) { return this.nest(depth + 1) + 1; }
  collect() { return this.nest(0); }
  notify() { return this.owner.phone; }
  decode() { return decodeURIComponent('%E0%A4%A'); }

  failing() {
    const steps = [
      ['readReport', `Could not read report of ${this.sample}`],
      ['rangeOf', `No reference range for ${this.test}`],
      ['loadPdf', `Report ${this.sample} missing`],
      ['register', `Registration of ${this.sample} failed`],
      ['measure', `Measurement ${this.test} failed`],
      ['process', `Processing of ${this.sample} failed`],
      ['convert', `Unit conversion failed for ${this.sample}`],
      ['round', `Rounding failed for ${this.sample}`],
      ['compare', `Control sample of ${this.test} deviates`],
      ['collect', `Collecting results of ${this.patient} failed`],
      ['notify', `Owner of ${this.patient} not notified`],
      ['decode', `Upload name of ${this.sample} undecodable`],
    ];
    return steps[(this.number * 5 + seed) % steps.length];
  }

  async caught(traced) {
    const [step, text] = this.failing();
    try {
      await this[step]();
    } catch (error) {
      mark('\x02');
      if (traced) say('error', text, error);
      else say('error', `${text}: ${error.message.split('\n')[0]}`);
      mark('\x03');
    }
  }

  separate() {
    const texts = [
      `Fax to referring clinic ${this.draw(90)} failed: no carrier`,
      `Label printer ${1 + this.draw(3)} returned status 500`,
      `Failed to acknowledge message ${100 + this.draw(900)}: channel closed`,
    ];
    for (const text of texts.slice(this.draw(2))) {
      mark('\x02');
      say('error', text);
      mark('\x03');
    }
  }

  giveUp() {
    mark('\x02');
    const level = ['pino', 'bunyan', 'log4js'].includes(way) ? 'fatal' : 'error';
    say(level, `Lost lock on queue lab-${this.draw(9)}, exiting`);
    process.exit(1);
  }

  async die() {
    const [step] = this.failing();
    mark('\x02');
    if (this.number % 2) setImmediate(() => this[step]());
    else this[step]();
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }

  rejectNothing() {
    mark('\x02');
    Promise.reject(`timeout of ${100 + this.draw(900)}ms exceeded`);
    return new Promise((resolve) => setTimeout(resolve, 5000));
  }

  exhaust() {
    mark('\x02');
    const kept = [];
    for (;;) kept.push(new Array(1000).fill(this.sample + kept.length));
  }

  async run() {
    this.work();
    const hows = ['trace', 'line', 'trace', 'die', 'trace', 'separate', 'line', 'trace', 'giveUp', 'trace'];
    const how = { 17: 'rejectNothing', 32: 'exhaust' }[this.number] || hows[this.number % hows.length];
    if (how === 'trace' || how === 'line') await this.caught(how === 'trace');
    else await this[how]();
  }
}

async function main() {
  say('info', `Lab results worker ${process.pid} started`);
  for (let number = Number(startText); number < JOBS; number++) {
    fs.writeFileSync(state, String(number));
    await new Job(number).run();
  }
  say('info', 'No more samples, stopping');
  fs.writeFileSync(state, 'done');
}

main();
