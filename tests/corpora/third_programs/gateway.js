// A gateway: `gateway.js WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
'use strict';
const fs = require('fs');
const net = require('net');
const http = require('http');
const assert = require('assert');
const util = require('util');
const { EventEmitter } = require('events');
const { Worker } = require('worker_threads');
const { execFileSync } = require('child_process');

const write = (text) => fs.writeSync(2, text + '\n');
const begin = () => write('\x02');
const end = () => write('\x03');

class UpstreamError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'UpstreamError';
    this.status = 502;
    this.upstream = 'billing';
  }
}

class Session {
  constructor(user) { this.user = user; }
  get mail() { return this.user.profile.mail; }
}

function call(port, path) {
  return new Promise((resolve, reject) => {
    http.get({ port, host: '127.0.0.1', path }, resolve).on('error', reject);
  });
}

const CASES = {
  async nullUser() { return new Session({}).mail; },
  async notAFunction() { const plugin = { name: 'tax' }; return plugin.apply(17); },
  async refused() { await call(9, '/v1/invoices'); },
  async badJson() { return JSON.parse('{"invoice": 17, "total": }'); },
  async missingFile() { return fs.readFileSync('/etc/gateway/routes.json'); },
  async missingAsync() { return fs.promises.readFile('/var/lib/gateway/session.db'); },
  async diskFull() { return fs.writeFileSync('/dev/full', 'invoice 17'); },
  async stack() { const deep = (tree) => deep({ parent: tree }); return deep(null); },
  async undefinedName() { return featureFlags.enabled; },
  async wrapped() {
    try { await call(9, '/v1/charge'); } catch (cause) { throw new UpstreamError('billing did not answer', { cause }); }
  },
  async timeout() {
    await new Promise((_, reject) => setTimeout(() => {
      const failure = new Error('timeout of 20ms exceeded');
      failure.code = 'ECONNABORTED';
      reject(failure);
    }, 20));
  },
  async aborted() { await fetch('http://127.0.0.1:9/', { signal: AbortSignal.timeout(0) }); },
  async fetchFailed() { await fetch('http://127.0.0.1:9/users'); },
  async assertion() { assert.strictEqual([17, 18].length, 3); },
  async range() { return new Array(-1); },
  async any() { await Promise.any([call(9, '/a'), call(9, '/b')]); },
  async child() { execFileSync('false', ['--flush'], { stdio: 'pipe' }); },
  async uri() { return decodeURIComponent('/search?q=%E0%A4%A'); },
  async noModule() { return require('./plugins/tax'); },
  async constant() { const limit = 5; limit = 6; return limit; },
};

const CHATTER = [
  ['info', 'GET /v1/invoices/17 200 14ms'],
  ['info', 'upstream billing is healthy, errors=0'],
  ['warn', 'event loop lag is 84ms'],
  ['info', 'reloaded 12 routes, 0 failed'],
  ['debug', 'no error found in 3 config files'],
  ['warn', 'deprecated header x-old was sent by 10.0.0.8'],
  ['info', 'registered error handler for /v1'],
];

const now = () => new Date().toISOString();
const LOGGERS = {
  console: (level, message, failure) => (level === 'error' ? console.error(message + ':', failure) : console.log(message)),
  stamped: (level, message, failure) => write(`${now()} [${level.toUpperCase()}] ${message}${failure ? ' ' + failure.stack : ''}`),
  winston: (level, message, failure) => write(`${now()} ${level}: ${message}${failure ? '\n' + failure.stack : ''}`),
  winstonJson: (level, message, failure) => write(JSON.stringify({ level, message, ...(failure ? { stack: failure.stack } : { error: null }), service: 'gateway', timestamp: now() })),
  pino: (level, message, failure) => write(JSON.stringify({
    level: { debug: 20, info: 30, warn: 40, error: 50 }[level], time: Date.now(), pid: 871, hostname: 'web-3',
    ...(failure ? { err: { type: failure.name, message: failure.message, stack: failure.stack } } : {}), msg: message,
  })),
  pinoPretty: (level, message, failure) => {
    write(`[${now().slice(11, 23)}] ${level.toUpperCase()} (871): ${message}`);
    if (failure) {
      write(`    err: {\n      "type": "${failure.name}",\n      "message": ${JSON.stringify(failure.message)},\n      "stack":`);
      write(failure.stack.split('\n').map((line, n) => (n ? '          ' : '          ') + line.trim()).join('\n') + '\n    }');
    }
  },
  log4js: (level, message, failure) => write(`[${now().slice(0, 23)}] [${level.toUpperCase()}] gateway - ${message}${failure ? ' ' + util.inspect(failure) : ''}`),
  morgan: (level, message, failure) => write(failure ? failure.stack : `::ffff:10.0.0.8 - - [26/Nov/2026:21:00:01 +0000] "GET /v1/invoices HTTP/1.1" 200 512 "-" "curl/8.1"`),
  bunyan: (level, message, failure) => write(JSON.stringify({ name: 'gateway', hostname: 'web-3', pid: 871, level: { debug: 20, info: 30, warn: 40, error: 50 }[level], ...(failure ? { err: { message: failure.message, name: failure.name, stack: failure.stack, code: failure.code } } : {}), msg: message, time: now(), v: 0 })),
};

const ENDINGS = {
  async mentioned(run, log) {
    try { await run(); } catch (failure) {
      log('warn', 'attempt 1 of 2 did not succeed, retrying in 50ms');
      begin();
      write(`${now()} error: giving up after 2 attempts: ${failure.message.split('\n')[0]}`);
      end();
    }
  },
  async rejection(run) { begin(); run(); await new Promise((resolve) => setTimeout(resolve, 200)); },
  async thrown(run) {
    let failure;
    try { await run(); } catch (caught) { failure = caught; }
    begin();
    setImmediate(() => { throw failure; });
    await new Promise((resolve) => setTimeout(resolve, 200));
  },
  async emitted(run) {
    let failure;
    try { await run(); } catch (caught) { failure = caught; }
    begin();
    new EventEmitter().emit('error', failure);
  },
  async hook(run) {
    process.on('uncaughtException', (failure, origin) => {
      begin();
      write(`${now()} fatal: ${origin}: ${failure.stack}`);
      end();
      process.exit(1);
    });
    run();
    await new Promise((resolve) => setTimeout(resolve, 200));
  },
};

async function main(way, name) {
  const log = LOGGERS[way] || LOGGERS.winston;
  const seed = [...(way + name)].reduce((sum, c) => sum + c.charCodeAt(0), 0);
  const chat = (n) => log(...CHATTER[(seed + n) % CHATTER.length]);
  [0, 1, 2].forEach(chat);
  if (ENDINGS[way]) await ENDINGS[way](CASES[name], log);
  else {
    try { await CASES[name](); } catch (failure) { begin(); log('error', 'request POST /v1/invoices failed', failure); end(); }
  }
  [4, 5].forEach(chat);
}

if (process.argv[2] === 'list') {
  console.log([...Object.keys(LOGGERS), ...Object.keys(ENDINGS)].join(' '));
  console.log(Object.keys(CASES).join(' '));
} else if (ENDINGS[process.argv[2]]) main(process.argv[2], process.argv[3]).then(() => 0, (failure) => setImmediate(() => { throw failure; }));
else main(process.argv[2], process.argv[3]);
