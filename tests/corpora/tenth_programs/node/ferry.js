// Bookings of a ferry line: `node ferry.js way seed start state`.
const fs = require('fs');
const util = require('util');
const assert = require('assert');
const { execSync } = require('child_process');

const [way, seedText, startText, statePath] = process.argv.slice(2);
const start = Number(startText);
let state = Number(seedText) * 7919 + start * 104729 + 1;
function random() { state = (state * 1103515245 + 12345) % 2147483648; return state / 2147483648; }
const number = () => 2 + Math.floor(random() * 9000);
const pick = (list) => list[Math.floor(random() * list.length)];
const put = (text) => fs.writeSync(2, text + '\n');
const mark = (byte) => put(byte);
const LEVELS = { info: 30, warn: 40, error: 50, fatal: 60 };

function pino(level, msg, extra) {
  put(JSON.stringify({ level: LEVELS[level], time: Date.now(), pid: process.pid, hostname: 'ferry-1', ...extra, msg }));
}
function say(text, level = 'info') {
  if (way === 'pino') pino(level, text);
  else if (way === 'bare') put(text);
  else put(`${new Date().toISOString()} ${level.toUpperCase()} ${text}`);
}
function fail(text, err) {
  if (way === 'pino') {
    pino('error', text, err && { err: { type: err.name, message: err.message, stack: err.stack, code: err.code } });
  } else if (way === 'bare') {
    if (err) put(util.format(err)); else put('Error: ' + text);
  } else if (err) put(util.format(`${new Date().toISOString()} ERROR ${text}:`, err));
  else put(`${new Date().toISOString()} ERROR ${text}`);
}
function work() {
  for (let i = 2 + Math.floor(random() * 3); i > 0; i--) {
    const n = number();
    say(pick([`booking ${n} stored for deck ${n % 7}`, `GET /sailings/${n} 200 ${n % 90}ms`, `ferry ${n % 12} left the harbour`,
      `ticket ${n} scanned at gate ${n % 4}`, `${n % 300} cars on board`, `timetable ${n} published`]));
  }
  if (random() < 0.4) {
    const n = number();
    const [text, level] = pick([[`reconciled ${n} bookings, 0 errors`], [`GET /docs/TypeError-and-exceptions?id=${n} 200 4ms`],
      [`checksum of manifest ${n} verified, no error found`], [`reply {"booking":${n},"error":null}`],
      [`payment for ${n} went through on retry 2`], way === 'bare' ? [`batch ${n}: ok 12, failed 0`] : [`deck ${n % 7} is 91% full`, 'warn']]);
    say(text, level);
  }
}

class BookingError extends Error {
  constructor(message, options) { super(message, options); this.name = 'BookingError'; Object.assign(this, options && options.more); }
}
function findSailing(id) { return undefined; }
const raised = {
  undefinedProperty() { return findSailing(number()).departure; },
  notFunction() { const berth = {}; berth.assign(number()); },
  notDefined() { return harbourMaster + number(); },
  badJson() { JSON.parse(`{"booking": ${number()}, `); },
  range() { return new Array(-number()); },
  noFile() { fs.readFileSync(`/srv/ferry/manifest-${number()}.json`); },
  badUri() { decodeURIComponent('%'); },
  own() { throw new BookingError(`booking ${number()} has no passengers`); },
  coded() { throw new BookingError(`sailing ${number()} is full`, { more: { code: 'E_FULL', sailing: number(), deck: { name: 'lower', free: 0 } } }); },
  asserted() { assert.strictEqual(number(), -1); },
  assertDeep() { assert.deepStrictEqual({ deck: 1, cars: [1, 2] }, { deck: 1, cars: [1, number()] }); },
  command() { execSync(`exit ${number() % 200 + 1}`, { stdio: 'pipe' }); },
  caused() { try { raised.badJson(); } catch (e) { throw new BookingError(`booking ${number()} cannot be read`, { cause: e }); } },
  causedTwice() { try { raised.caused(); } catch (e) { throw new Error('import of the season stopped', { cause: e }); } },
  aggregate() {
    const errors = [];
    for (const job of [raised.noFile, raised.own, raised.undefinedProperty]) { try { job(); } catch (e) { errors.push(e); } }
    throw new AggregateError(errors, `${errors.length} bookings failed`);
  },
  severalLines() { throw new BookingError(`booking ${number()} is not valid:\n  - no vehicle length\n  - date is in the past`); },
  recursion() { (function sail(n) { return sail(n + 1) + 1; })(0); },
  constAssign() { const gate = 1; gate = 2; },
  bigint() { return 1n + number(); },
  argument() { fs.openSync(undefined); },
  async refused() { await new Promise((_, no) => require('net').connect(9, '127.0.0.1').on('error', no)); },
  async aborted() { await require('timers/promises').setTimeout(5000, null, { signal: AbortSignal.timeout(2) }); },
  async later() { await null; raised.own(); },
  async any() { await Promise.any([raised.later(), raised.refused()]); },
};
const HEADS = ['booking {} failed', 'Unhandled error in request {}', 'could not load sailing {}', 'job {} crashed', 'failed to print ticket {}'];
const jobs = [];
for (const job of Object.values(raised)) {
  jobs.push(async () => { try { await job(); } catch (e) { fail(pick(HEADS).replace('{}', number()), e); } });
}
for (let i = 0; i < 6; i++) {
  jobs.push(() => { const n = number(); fail(pick([`could not reach the harbour office: connect ECONNREFUSED 10.0.0.${n % 250}:8080`,
    `payment of booking ${n} failed: card declined`, `cannot print ticket ${n}: printer offline`,
    `request to /weather timed out after ${n} ms`, `login failed for user agent${n}`, `upload of manifest ${n} rejected: 413 Payload Too Large`])); });
}
for (let i = 0; i < 4; i++) {
  jobs.push(() => { const n = number(); fail(pick([`booking ${n} failed validation:\n  name: is required\n  cars: must be a number`,
    `2 sailings failed:\n  ${n}: no crew\n  ${n + 1}: engine fault`])); });
}
const dying = ['undefinedProperty', 'own', 'caused', 'coded', 'noFile', 'aggregate', 'asserted'];
for (const name of dying) jobs.push(() => new Promise(() => setImmediate(raised[name])));
jobs.push(() => new Promise(() => { Promise.reject(new BookingError(`refund ${number()} failed`)); }));
jobs.push(() => new Promise(() => { Promise.reject('no quay is free'); }));
jobs.push(() => new Promise(() => { raised.refused(); }));
{
  let s = Number(seedText);
  for (let i = jobs.length - 1; i > 0; i--) { s = (s * 48271) % 2147483647; const j = s % (i + 1); [jobs[i], jobs[j]] = [jobs[j], jobs[i]]; }
}
process.stdout.write('');
async function main() {
  say('ferry bookings listening on 8080');
  for (let i = start; i < jobs.length; i++) {
    fs.writeFileSync(statePath, String(i));
    work();
    mark('\x02');
    await jobs[i]();
    mark('\x03');
  }
  work();
  say('ferry bookings stopped');
  fs.writeFileSync(statePath, 'done');
}
setTimeout(() => {}, 60000).unref();
main();
