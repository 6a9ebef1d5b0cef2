'use strict';
// The leak desk of a water utility: takes in reports of leaks, puts them on the map, and sends crews.
const fs = require('fs');
const path = require('path');
const util = require('util');
const { execFileSync } = require('child_process');

const [way, seed, start, statefile] = [process.argv[2], +process.argv[3], +process.argv[4], process.argv[5]];
const KINDS = [
  'trace', 'trace', 'cause', 'cause', 'line', 'line', 'line', 'pair', 'reason', 'reason', 'type', 'json', 'file',
  'aggregate', 'uncaught', 'rejected', 'fatal', 'thrown', 'tool', 'type', 'heap',
];

let state = 1;
function reseed(number) { state = (seed * 7919 + number * 104729 + 17) >>> 0; for (let i = 0; i < 5; i++) random(); }
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const between = (low, high) => low + Math.floor(random() * (high - low + 1));
const pick = (list) => list[between(0, list.length - 1)];
const mark = (byte) => fs.writeSync(1, `${byte}\n`);

class GeocodeError extends Error {
  constructor(message, options) { super(message, options); this.name = 'GeocodeError'; }
}
class DispatchError extends Error {
  constructor(message, options) { super(message, options); this.name = 'DispatchError'; }
}

/** What the worker logs by: `error` takes a text and, where there is one, the error behind it. */
function setUp() {
  if (way === 'winston') {
    const winston = require('winston');
    const { combine, timestamp, errors, printf } = winston.format;
    const logger = winston.createLogger({
      level: 'debug',
      format: combine(errors({ stack: true }), timestamp({ format: 'YYYY-MM-DD HH:mm:ss.SSS' }),
        printf(({ timestamp: at, level, message, stack }) => `${at} ${level}: ${stack ? `${message}\n${stack}` : message}`)),
      transports: [new winston.transports.Console()],
    });
    return {
      debug: (t) => logger.debug(t), info: (t) => logger.info(t), warn: (t) => logger.warn(t),
      error: (t, e) => (e ? logger.error({ message: t, stack: e.stack }) : logger.error(t)),
      fatal: (t) => logger.error(t),
    };
  }
  if (way === 'pino') {
    const pino = require('pino');
    const logger = pino({ level: 'debug', name: 'leak-desk' }, pino.destination({ dest: 1, sync: true }));
    return {
      debug: (t) => logger.debug(t), info: (t) => logger.info(t), warn: (t) => logger.warn(t),
      error: (t, e) => (e ? logger.error(e, t) : logger.error(t)), fatal: (t) => logger.fatal(t),
    };
  }
  if (way === 'log4js') {
    const log4js = require('log4js');
    log4js.configure({
      appenders: { out: { type: 'stdout', layout: { type: 'basic' } } },
      categories: { default: { appenders: ['out'], level: 'debug' } },
    });
    const logger = log4js.getLogger('desk');
    return {
      debug: (t) => logger.debug(t), info: (t) => logger.info(t), warn: (t) => logger.warn(t),
      error: (t, e) => (e ? logger.error(t, e) : logger.error(t)), fatal: (t) => logger.fatal(t),
    };
  }
  if (way === 'bunyan') {
    const logger = require('bunyan').createLogger({ name: 'leak-desk', level: 'debug' });
    return {
      debug: (t) => logger.debug(t), info: (t) => logger.info(t), warn: (t) => logger.warn(t),
      error: (t, e) => (e ? logger.error({ err: e }, t) : logger.error(t)), fatal: (t) => logger.fatal(t),
    };
  }
  if (way === 'journal') {
    return {
      debug: (t) => console.debug(`[debug] ${t}`), info: (t) => console.info(`[info] ${t}`),
      warn: (t) => console.warn(`[warn] ${t}`), fatal: (t) => console.error(`[fatal] ${t}`),
      error: (t, e) => (e ? console.error(`[error] ${t}:`, e) : console.error(`[error] ${t}`)),
    };
  }
  return {
    debug: (t) => console.debug(t), info: (t) => console.info(t), warn: (t) => console.warn(`Warning: ${t}`),
    error: (t, e) => (e ? console.error(`${t}:`, e) : console.error(`Error: ${t}`)),
    fatal: (t) => console.error(`Fatal: ${t}`),
  };
}

const log = setUp();
const STREETS = ['Weir Lane', 'Station Road', 'Brook Street', 'Canal Side', 'Abbey Close', 'Pump Hill'];

function work() {
  for (let n = between(2, 4); n > 0; n--) {
    const leak = `L${between(10000, 99999)}`;
    [
      () => log.debug(`leak ${leak} taken off the queue, ${between(0, 30)} waiting`),
      () => log.info(`leak ${leak} reported at ${between(1, 140)} ${pick(STREETS)}`),
      () => log.info(`crew ${between(1, 14)} sent to ${leak}, expected in ${between(10, 90)} min`),
      () => log.info(`POST /reports 201 ${between(3, 120)} ms`),
      () => log.warn(`leak ${leak} reported twice, kept the first`),
      () => log.debug(`map tile ${between(8, 16)}/${between(100, 999)}/${between(100, 999)} from cache`),
      () => log.info(`leak ${leak} closed, ${between(1, 400)} m3 lost`),
    ][between(0, 6)]();
  }
}

function locate(street, depth) {
  if (depth > 0) return locate(street, depth - 1);
  throw new GeocodeError(`no such street in zone ${between(1, 9)}: ${street}`);
}
function place(leak) {
  try {
    return locate(pick(STREETS), between(0, 2));
  } catch (error) {
    throw new DispatchError(`leak ${leak} has no place on the map`, { cause: error });
  }
}
function nearest(crews) { return crews.find((c) => c.free).position.lat; }
async function acknowledge(leak) {
  await null;
  throw new Error(`acknowledgement of ${leak} timed out after ${between(5, 30)}000ms`);
}
async function assign(leak) { await acknowledge(leak); }

async function handle(kind) {
  const leak = `L${between(10000, 99999)}`;
  mark('\x02');
  try {
    switch (kind) {
      case 'trace': locate(pick(STREETS), between(0, 3)); break;
      case 'cause': place(leak); break;
      case 'type': nearest(pick([[], [{ free: true }], null])); break;
      case 'json': JSON.parse(pick(['{"lat": 51.', '<html><body>Bad Gateway</body></html>', '{lat: 1}'])); break;
      case 'file': fs.readFileSync(path.join('/var/lib/leak-desk/photos', `${leak}.jpg`)); break;
      case 'tool': await assign(leak); break;
      case 'aggregate':
        await Promise.any([acknowledge(leak), acknowledge(leak)]);
        break;
      case 'line':
        log.error(pick([
          `leak ${leak} not sent to any crew: all ${between(3, 14)} are out`,
          `connect ECONNREFUSED 10.40.2.${between(2, 250)}:6379`,
          `SMS gateway answered 500 for ${leak}`,
          `pressure at ${pick(STREETS)} fell to ${between(0, 1)}.${between(0, 9)} bar, zone shut`,
        ]));
        break;
      case 'pair':
        log.error(`photo of ${leak} rejected: ${between(21, 80)} MB is more than 20 MB`);
        mark('\x03');
        mark('\x02');
        log.error(`webhook of the county not delivered: HTTP ${pick([502, 503, 504])}`);
        break;
      case 'reason':
        try { locate(pick(STREETS), 0); } catch (error) { log.error(`leak ${leak} put aside: ${error.message}`); }
        break;
      case 'fatal':
        log.fatal(`cannot listen on port ${pick([8080, 3000])}: address already in use`);
        process.exit(1);
        break;
      case 'uncaught': setImmediate(() => nearest([])); await new Promise(() => setInterval(() => {}, 1000)); break;
      case 'thrown': setImmediate(() => place(leak)); await new Promise(() => setInterval(() => {}, 1000)); break;
      case 'rejected': assign(leak); await new Promise(() => setInterval(() => {}, 1000)); break;
      case 'heap': { const kept = []; for (;;) kept.push(new Array(5000).fill(leak + kept.length)); }
    }
  } catch (error) {
    log.error(`leak ${leak} failed`, error);
  }
  mark('\x03');
}

async function main() {
  const jobs = [...KINDS, ...KINDS.slice(0, -1), ...KINDS.slice(0, 13)];
  reseed(-1);
  for (let i = jobs.length - 1; i > 0; i--) { const j = between(0, i); [jobs[i], jobs[j]] = [jobs[j], jobs[i]]; }
  if (start === 0) log.info('leak desk listening on 8080');
  for (let number = start; number < jobs.length; number++) {
    reseed(number);
    fs.writeFileSync(statefile, String(number));
    work();
    await handle(jobs[number]);
  }
  work();
  fs.writeFileSync(statefile, 'done');
}

main();
