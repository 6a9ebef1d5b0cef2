// A ticket shop that fails: `node tickets.mjs WAY FAILURE`.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import assert from 'node:assert';
import util from 'node:util';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';

const require = createRequire('/tmp/fourth_lib/node/index.js');
const [way, failure] = process.argv.slice(2);
const mark = (byte) => fs.writeSync(2, String.fromCharCode(byte) + '\n');
const HEALTHY = [
  ['info', 'tickets listening on 0.0.0.0:8080'],
  ['warn', 'event loop delayed by 212 ms'],
  ['info', 'GET /tickets/81 200 14.2 ms - 512'],
  ['info', 'sync finished: added=3 failed=0 errors=0'],
  ['info', 'cache miss for "errors:today", 3 keys'],
];

class SoldOut extends Error {
  constructor(show) {
    super(`show "${show}" is sold out: {"left":0}`);
    this.name = 'SoldOut';
    this.show = show;
    this.code = 'E_SOLD_OUT';
  }
}

const FAILURES = {
  undefinedProperty: () => undefined.price,
  notFunction: () => ({}).reserve(),
  notDefined: () => seatMap.free,
  badJson: () => JSON.parse('{"seat": 4,}'),
  badUrl: () => new URL('http://tickets:port/'),
  range: () => new Array(-1),
  recursion: () => { const f = () => f(); f(); },
  fileMissing: () => fs.readFileSync('/srv/tickets/etc/prices.json'),
  custom: () => { throw new SoldOut('Hamlet'); },
  cause: () => {
    try { JSON.parse('<html>'); } catch (first) {
      const second = new TypeError('answer of the printer was not understood', { cause: first });
      throw new Error('ticket 81 not printed', { cause: second });
    }
  },
  aggregate: () => { throw new AggregateError([new Error('printer 1: offline'), new RangeError('printer 2: tray 9')], 'no printer took it'); },
  manyLines: () => { throw new Error('Validation failed:\n  - name: is required\n  - seat: must be > 0\nsee docs'); },
  assertion: () => assert.deepStrictEqual({ seats: 2, row: 'F' }, { seats: 3, row: 'F' }),
  equal: () => assert.strictEqual(1, 2, 'one ticket expected'),
  bigint: () => BigInt(1) + 1,
  command: () => execFileSync('/bin/false', []),
  argument: () => path.join(7),
  encoding: () => decodeURIComponent('%E0%A4%A'),
  constant: () => { const seat = 1; seat = 2; },
  iterable: () => { const [a] = 5; },
  domException: () => structuredClone(() => 1),
  instance: () => { const e = new Error('Prisma: P2002'); e.meta = { target: ['email'] }; e.clientVersion = '5.1'; throw e; },
};
const LATER = {
  refused: () => new Promise((_, no) => net.connect(1, '127.0.0.1').on('error', no)),
  readMissing: () => fs.promises.readFile('/srv/tickets/data/none.csv'),
  aborted: () => fetch('http://127.0.0.1:1/x'),
  any: () => Promise.any([Promise.reject(new Error('a')), Promise.reject(new TypeError('b'))]),
  timeout: () => new Promise((_, no) => setTimeout(() => no(new Error('timeout of 50ms exceeded')), 50)),
};
const fail = async () => (FAILURES[failure] ? FAILURES[failure]() : LATER[failure]());

async function logged(log, say) {
  const at = failure.length % 3;
  for (const [level, text] of HEALTHY.slice(at)) log(level, text);
  try { await fail(); } catch (error) { mark(2); say(error); mark(3); }
  for (const [level, text] of HEALTHY.slice(0, 2)) log(level, text);
}

const WAYS = {
  console: () => logged((level, text) => console.log(text), (e) => console.error(e)),
  consolePrefix: () => logged((level, text) => console.log(text), (e) => console.error('could not print ticket 81:', e)),
  consoleStack: () => logged((level, text) => console.log(`${new Date().toISOString()} ${level.toUpperCase()} ${text}`), (e) => console.error(`${new Date().toISOString()} ERROR ${e.stack}`)),
  consoleMessage: () => logged((level, text) => console.log(`[${level}] ${text}`), (e) => console.error('[error] printing failed: ' + e)),
  pino: () => { const log = require('pino')(require('pino').destination({ dest: 2, sync: true })); return logged((level, text) => log[level](text), (e) => log.error(e, 'ticket 81 failed')); },
  pinoPretty: () => { const log = require('pino')({}, require('pino-pretty')({ destination: 2, sync: true, colorize: false })); return logged((level, text) => log[level](text), (e) => log.error(e)); },
  winston: () => {
    const w = require('winston');
    const log = w.createLogger({ format: w.format.combine(w.format.errors({ stack: true }), w.format.json()), transports: [new w.transports.Console()] });
    return logged((level, text) => log[level](text), (e) => log.error(e));
  },
  winstonPrintf: () => {
    const w = require('winston');
    const line = w.format.printf(({ level, message, timestamp, stack }) => `${timestamp} ${level}: ${stack || message}`);
    const log = w.createLogger({ format: w.format.combine(w.format.errors({ stack: true }), w.format.timestamp(), line), transports: [new w.transports.Console()] });
    return logged((level, text) => log[level](text), (e) => log.error(e));
  },
  winstonSimple: () => {
    const w = require('winston');
    const log = w.createLogger({ format: w.format.simple(), transports: [new w.transports.Console()] });
    return logged((level, text) => log[level](text), (e) => log.error('ticket failed ' + e.stack));
  },
  bunyan: () => { const log = require('bunyan').createLogger({ name: 'tickets', stream: { write: (s) => fs.writeSync(2, s) } }); return logged((level, text) => log[level](text), (e) => log.error({ err: e }, 'ticket 81 failed')); },
  log4js: () => {
    const l = require('log4js');
    l.configure({ appenders: { out: { type: 'stdout', layout: { type: 'basic' } } }, categories: { default: { appenders: ['out'], level: 'info' } } });
    const log = l.getLogger('tickets');
    return logged((level, text) => log[level](text), (e) => log.error('ticket 81 failed', e));
  },
  signale: () => {
    const { Signale } = require('signale');
    const log = new Signale({ scope: 'tickets' });
    return logged((level, text) => log[level](text), (e) => log.error(e));
  },
  express: async () => {
    const app = require('express')();
    app.get('/t', (q, s, next) => { fail().catch((e) => { mark(2); next(e); }); });
    const server = app.listen(0);
    await new Promise((go) => server.once('listening', go));
    for (const [, text] of HEALTHY.slice(0, 3)) console.log(text);
    await (await fetch(`http://127.0.0.1:${server.address().port}/t`)).text();
    await new Promise((go) => setTimeout(go, 20));
    mark(3);
    console.log(HEALTHY[4][1]);
    server.close();
    server.closeAllConnections();
  },
  koa: async () => {
    const Koa = require('koa');
    const app = new Koa();
    app.use(async () => { try { await fail(); } catch (e) { mark(2); throw e; } });
    const server = app.listen(0);
    for (const [, text] of HEALTHY.slice(0, 3)) console.log(text);
    await (await fetch(`http://127.0.0.1:${server.address().port}/t`)).text();
    await new Promise((go) => setTimeout(go, 20));
    mark(3);
    console.log(HEALTHY[4][1]);
    server.close();
    server.closeAllConnections();
  },
  fastify: async () => {
    const app = require('fastify')({ logger: { stream: { write: (s) => fs.writeSync(2, s) } }, disableRequestLogging: false });
    app.get('/t', async () => fail());
    app.addHook('onError', async () => mark(2));
    app.addHook('onResponse', async () => mark(3));
    await app.inject('/t');
  },
  uncaught: async () => {
    for (const [, text] of HEALTHY.slice(failure.length % 3)) console.log(text);
    setTimeout(() => { mark(2); FAILURES[failure](); }, 5);
  },
  stamped: async () => {
    for (const [level, text] of HEALTHY.slice(failure.length % 3)) console.log(`${new Date().toISOString()} [${level}] ${text}`);
    setTimeout(() => { mark(2); FAILURES[failure](); }, 5);
  },
  rejection: async () => {
    for (const [, text] of HEALTHY.slice(failure.length % 3)) console.log(text);
    setTimeout(() => { mark(2); fail(); }, 5);
  },
  worker: async () => {
    console.log('2 workers started');
    mark(2);
    new Worker('const e = new Error("worker lost seat 4"); e.seat = 4; throw e;', { eval: true });
  },
  emitter: async () => { console.log('queue open'); mark(2); new EventEmitter().emit('error', new SoldOut('Faust')); },
  notError: async () => { console.log('queue open'); mark(2); throw { code: 402, reason: 'card declined' }; },
  rejectString: async () => { console.log('queue open'); mark(2); Promise.reject('printer is on fire'); },
  module: async () => { console.log('loading plugins'); mark(2); require('@tickets/printer'); },
};
await WAYS[way]();
