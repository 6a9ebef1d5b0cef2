// A billing service: takes jobs from a queue, logs the ones that fail and goes on, and sometimes dies.
'use strict';
const fs = require('fs');
const net = require('net');
const http = require('http');
const util = require('util');
const assert = require('assert');
const zlib = require('zlib');
const crypto = require('crypto');
const { execFileSync } = require('child_process');

const [way, seedText, startText, state] = process.argv.slice(2);
let current = 1;
const chance = () => { current = (current * 48271) % 2147483647; return current / 2147483647; };
const below = (n) => Math.floor(chance() * n);
const pick = (list) => list[below(list.length)];
const invoice = () => 10000 + below(90000);
const begin = () => fs.writeSync(2, '\u0002\n');
const end = () => fs.writeSync(2, '\u0003\n');
const write = (text) => fs.writeSync(2, text + '\n');

class PaymentError extends Error {
  constructor(message, code, options) { super(message, options); this.name = 'PaymentError'; this.code = code; }
}
class ValidationError extends Error {
  constructor(message, fields) { super(message); this.name = 'ValidationError'; this.fields = fields; this.status = 422; }
}

const now = () => new Date().toISOString();
function say(level, message, error) {
  if (way === 'json') {
    const entry = { level: { info: 30, warn: 40, error: 50, fatal: 60 }[level], time: Date.now(), pid: process.pid, name: 'billing' };
    if (error) entry.err = { type: error.name, message: error.message, stack: error.stack };
    entry.msg = message;
    write(JSON.stringify(entry));
  } else if (way === 'winston') {
    write(`${now()} [${level}]: ${message}` + (error ? ' ' + error.stack : ''));
  } else if (way === 'stack') {
    write(JSON.stringify({ level, message, ...(error ? { stack: error.stack } : {}), service: 'billing', timestamp: now() }));
  } else if (level === 'error' || level === 'fatal') {
    error ? console.error(message + ':', error) : console.error(`Error: ${message}`);
  } else {
    level === 'warn' ? console.warn(`warn: ${message}`) : console.log(message);
  }
}

const connect = (port) => new Promise((done, fail) => net.connect(port, '127.0.0.1').on('connect', done).on('error', fail));
const ask = (path) => new Promise((done, fail) => http.get({ host: '127.0.0.1', port: 9, path }, done).on('error', fail));

const failures = {
  undefinedProperty() { const customer = undefined; return customer.email; },
  nullProperty() { const answer = { invoice: null }; return answer.invoice.total; },
  notFunction() { const gateway = { refund: 12 }; return gateway.refund(); },
  notDefined() { return taxRate * 2; },
  badJson() { return JSON.parse(pick(['{"total": 12', '<html>', '', '{total: 1}', '[1,]'])); },
  noFile() { return fs.readFileSync(`/srv/data/invoices/${invoice()}.pdf`); },
  async noFileLater() { return fs.promises.readFile(`/srv/data/rates-${invoice()}.csv`); },
  async refused() { return connect(9); },
  async webRefused() { return ask(`/v1/rates?invoice=${invoice()}`); },
  badUrl() { return new URL(pick(['billing/callback', 'http//shop.example', '://'])); },
  badRange() { return (12.5).toFixed(101); },
  badLength() { return new Array(-1); },
  tooDeep() { const again = () => again(); again(); },
  badDate() { return new Date('30.02.2026').toISOString(); },
  async bitRot() { return zlib.gunzipSync(Buffer.from('not gzip at all')); },
  badKey() { return crypto.createDecipheriv('aes-256-cbc', 'short', 'iv'); },
  toolFails() { return execFileSync('sh', ['-c', `echo "cannot print invoice ${invoice()}" >&2; exit 3`], { stdio: 'pipe' }); },
  assertion() { assert.strictEqual(invoice(), 1250, undefined); },
  assertionText() { assert(invoice() < 0, 'invoice must have at least one line'); },
  deepAssertion() { assert.deepStrictEqual({ net: 100, vat: 19 }, { net: 100, vat: 20 }); },
  declined() { throw new PaymentError(`card declined for invoice ${invoice()}`, pick(['E_FUNDS', 'E_EXPIRED', 'E_LIMIT'])); },
  validation() { throw new ValidationError('invoice is not valid', { iban: 'wrong check digits', lines: ['empty', 'no price'] }); },
  ofLines() { throw new Error(`3 lines of invoice ${invoice()} rejected:\n  line 2: price is negative\n  line 7: unknown tax code\n  line 9: empty`); },
  async caused() { try { await connect(9); } catch (error) { throw new PaymentError(`gateway unreachable for invoice ${invoice()}`, 'E_GATEWAY', { cause: error }); } },
  async causedTwice() { try { await failures.caused(); } catch (error) { throw new Error('monthly run stopped', { cause: error }); } },
  async several() { return Promise.any([connect(9), ask('/a'), Promise.reject(new RangeError('no third mirror'))]); },
  badArgument() { return Buffer.from(pick([12, null, undefined])); },
  bigint() { return 12n + 3; },
  circular() { const a = {}; a.self = a; return JSON.stringify(a); },
  constant() { const vat = 19; vat = 20; },
  async aborted() { return connectWithin(AbortSignal.abort()); },
  async deep() { return step(4 + below(5)); },
  noModule() { return require('pdf-renderer'); },
};
async function connectWithin(signal) { signal.throwIfAborted(); }
function step(left) { return left ? [left].map(() => step(left - 1))[0] : failures.declined(); }

async function logged(name) {
  try { await failures[name](); } catch (error) {
    const text = pick([`Failed to bill invoice ${invoice()}`, 'Unhandled error in job', 'Payment failed', `Could not render invoice ${invoice()}`]);
    begin(); say('error', text, error); end();
  }
}
async function shown(name) {
  try { await failures[name](); } catch (error) { begin(); console.error(error); end(); }
}
async function traced() { begin(); console.trace(`Error: ledger of invoice ${invoice()} does not balance`); end(); }
async function told() {
  const text = pick(['Payment provider returned 503 for invoice #', 'Could not send invoice #: mailbox unavailable', 'Invoice # has no billing address',
    'Timed out waiting for the ledger lock (invoice #)', 'Giving up on webhook for invoice # after 5 attempts']).replace('#', invoice());
  begin(); say(below(5) ? 'error' : 'fatal', text); end();
}
async function toldInLines() {
  begin(); say('error', `Validation of invoice ${invoice()} failed:\n  - iban: wrong check digits\n  - vat: must be a number`); end();
}
async function dies(name) { begin(); process.nextTick(() => failures[name]()); await new Promise(() => setTimeout(() => {}, 1000)); }
async function rejects(name) { begin(); (async () => failures[name]())(); await new Promise(() => setTimeout(() => {}, 3000)); }
async function rejectsText() { begin(); Promise.reject(pick(['gateway closed', 503])); await new Promise(() => setTimeout(() => {}, 1000)); }
async function emits() { begin(); new (require('events'))().emit('error', new Error(`socket of terminal ${below(9)} hung up`)); }
async function memory() { begin(); const kept = []; for (;;) kept.push(new Array(10000).fill(String(kept.length))); }
async function fallsOver(name) {
  try { await failures[name](); } catch (error) { begin(); say('fatal', 'Uncaught exception, shutting down', error); process.exit(1); }
}

const WORK = ['Invoice # created with # lines', 'Invoice # sent to customer #', 'POST /v1/invoices/# 201 # ms', 'Booked # payments from statement #',
  'Rendered invoice #.pdf in # ms', 'Connected to ledger shard #', 'Reminder # queued for customer #', 'Exchange rates updated, # currencies'];
const HEALTHY = ['Statement # imported: 0 errors', 'Health check ok, no error found (# ms)', 'Callback answered {"id": #, "error": null}',
  'GET /help/exceptions/# 200 4 ms', 'Invoice # paid on attempt 2 of 3', 'errors: 0, processed: #'];

function work() {
  for (let left = 2 + below(3); left > 0; left -= 1) {
    say('info', pick(chance() < 0.15 ? HEALTHY : WORK).replace(/#/g, () => String(invoice())));
    if (chance() < 0.05) say('warn', 'queue is 80% full');
  }
}
function shuffled(list) {
  const rest = [...list];
  for (let i = rest.length - 1; i > 0; i -= 1) { const j = below(i + 1); [rest[i], rest[j]] = [rest[j], rest[i]]; }
  return rest;
}
function plan() {
  const names = Object.keys(failures);
  let jobs = [...Array(6).fill([told]), ...Array(3).fill([toldInLines])];
  if (way === 'json' || way === 'winston' || way === 'stack') {
    jobs.push(...names.map((name) => [logged, name]), ...shuffled(names).slice(0, 4).map((name) => [fallsOver, name]));
  } else {
    const sync = names.filter((name) => failures[name].constructor.name === 'Function');
    jobs.push(...shuffled(names).slice(0, 20).map((name) => [logged, name]), ...shuffled(names).slice(0, 8).map((name) => [shown, name]));
    jobs.push(...shuffled(sync).slice(0, 10).map((name) => [dies, name]), ...shuffled(names).slice(0, 10).map((name) => [rejects, name]));
    jobs.push([traced], [rejectsText], [emits], [memory]);
  }
  return shuffled(jobs);
}
async function main() {
  current = Number(seedText) + 1000;
  const jobs = plan();
  say('info', `billing 2.${seedText}.0 starting`);
  say('info', 'Listening on 127.0.0.1:8080');
  for (let number = Number(startText); number < jobs.length; number += 1) {
    fs.writeFileSync(state, String(number));
    current = Number(seedText) * 1000 + number + 1;
    below(9);
    work();
    const [job, ...rest] = jobs[number];
    await job(...rest);
  }
  say('info', 'Queue drained, stopping');
  fs.writeFileSync(state, 'done');
}
main();
