// Serves the webcams and the waiting times of a cable car. Arguments: way, seed, first job, state file.
'use strict';
const fs = require('fs');
const net = require('net');
const util = require('util');
const assert = require('assert');
const [way, seed, start, state] = [process.argv[2], +process.argv[3], +process.argv[4], process.argv[5]];
const bare = way === 'bare';

function lottery(number) {
  let a = number >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const chance = lottery(seed * 1000 + start);
const upTo = (n) => Math.floor(chance() * n);
const one = (list) => list[upTo(list.length)];
const write = (text) => fs.writeSync(1, text + '\n');
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };
const date = () => new Date().toISOString().slice(0, 19).replace('T', ' ');

function log(level, text, error) {
  const trace = error ? error.stack : '';
  if (way === 'winston') write(`${date()} [${level}]: ${text}${error ? '\n' + trace : ''}`);
  else if (way === 'log4js') write(`[${new Date().toISOString().slice(0, 23)}] [${level.toUpperCase()}] webcams - ${text}${error ? ' ' + util.inspect(error) : ''}`);
  else if (way === 'bunyan') {
    const kept = { name: 'webcams', hostname: 'cams-1', pid: 4120, level: LEVELS[level] };
    if (error) kept.err = { message: error.message, name: error.name, stack: trace };
    write(JSON.stringify({ ...kept, msg: text, time: new Date().toISOString(), v: 0 }));
  } else if (way === 'journal') write(`${level}: ${text}${error ? ' ' + trace : ''}`);
  else if (error) write(util.inspect(error));
  else write(level === 'error' || level === 'fatal' ? `Error: ${text}` : text);
}

function ordinary() {
  const n = upTo(9000) + 100;
  const lines = [
    ['info', `frame ${n} of the summit camera stored`],
    ['info', `GET /cams/${n % 9}.jpg 200 ${n % 80} ms`],
    ['info', 'upload finished, 0 errors'],
    ['info', `GET /docs/errors-and-exceptions.html 200 ${n % 30} ms`],
    ['info', `camera ${n % 9} answered after 1 retry`],
    ['debug', 'camera state {"error": null, "temp": -4}'],
    ['info', `waiting time at the valley station is ${n % 40} min`],
    ['warn', `lens of camera ${n % 9} is at ${n % 5} degrees`],
    ['info', 'no errors found in the last hour'],
  ];
  const picked = [];
  for (let i = upTo(3) + 2; i > 0; i--) picked.push(lines.splice(upTo(lines.length), 1)[0]);
  picked.sort((a, b) => (b[0] === 'warn') - (a[0] === 'warn'));
  for (const line of picked) log(...line);
}

class CameraError extends Error {
  constructor(text, more) {
    super(text, more);
    this.name = 'CameraError';
  }
}

const caught = (text, f) => {
  try {
    f();
  } catch (e) {
    log('error', text, e);
  }
};
const KINDS = [
  () => caught('frame has no size', () => undefined.width),
  () => caught('answer of the camera is not JSON', () => JSON.parse(one(['<html>', '{"a":', 'nope']))),
  () => caught('picture not stored', () => fs.readFileSync(`/srv/cams/${upTo(99)}.jpg`)),
  () => caught('picture not resized', () => Buffer.alloc(-1 - upTo(9))),
  () => caught('overlay not drawn', () => { throw new CameraError(`camera ${upTo(9)} is blind`, { cause: new Error('lens covered with ice') }); }),
  () => caught('bad address of a camera', () => new URL(one(['camera 3', 'nowhere', '//']))),
  () => caught('timelapse not built', () => { const f = () => f(); f(); }),
  () => caught('count of guests is wrong', () => assert.ok(upTo(4) > 9, `cabin ${upTo(40)} holds more guests than seats`)),
  () => caught('mirrors failed', () => { throw new AggregateError([new Error('mirror 1: 503'), new TypeError('mirror 2: no body')], 'all mirrors failed'); }),
  () => caught('waiting time not computed', () => [].reduce((a, b) => a + b)),
  () => caught('exposure out of range', () => (12.5).toFixed(200 + upTo(9))),
  async () => {
    const e = await new Promise((done) => net.connect(upTo(8) + 2, '127.0.0.1').on('error', done));
    log('error', `camera ${upTo(9)} not reachable`, e);
  },
  () => caught('sign not updated', () => window.alert(1)),
  () => log('error', one([`upload of frame ${upTo(999)} failed: 507 Insufficient Storage`, 'cannot reach ftp.summit.example: ETIMEDOUT', 'failed to open /dev/video0: Device or resource busy'])),
  () => log('error', `connection to camera ${upTo(9)} lost: socket hang up`),
  () => log('error', `cameras failed their check:\n    summit: no picture for ${upTo(90)} s\n    valley: wrong password\n    ridge: timeout`),
  () => log(way === 'winston' ? 'error' : 'fatal', 'disk full, no picture can be stored'),
  async () => {
    await Promise.reject(new CameraError('token of the cloud has expired')).catch((e) => log('error', 'sync failed', e));
  },
];
const soon = (f) => () => new Promise(() => setImmediate(f));
const DEATHS = [
  soon(() => null.frames()),
  soon(() => { throw new CameraError('no camera left', { cause: new RangeError('index 9 of 9') }); }),
  soon(() => Promise.reject(new Error(`bucket ${upTo(99)} is gone`))),
  soon(() => Promise.reject('quota exceeded')),
  soon(() => require('./overlay-driver')),
  soon(() => fs.openSync('/srv/cams/index.db')),
  soon(() => (bare ? assert.ok(upTo(5) > 17, 'picture is older than the one before') : assert.strictEqual(upTo(5), 17))),
  soon(() => net.connect(3, '127.0.0.1')),
  soon(() => new (require('events'))().emit('error', new Error('stream of camera 4 broke'))),
];

async function main() {
  const jobs = [...KINDS, ...KINDS, ...DEATHS];
  const order = lottery(seed);
  for (let i = jobs.length - 1; i > 0; i--) {
    const j = Math.floor(order() * (i + 1));
    [jobs[i], jobs[j]] = [jobs[j], jobs[i]];
  }
  log('info', 'webcams listen on port 8080');
  const alive = setInterval(() => {}, 1000);
  for (let i = start; i < jobs.length; i++) {
    fs.writeFileSync(state, String(i));
    ordinary();
    write('\x02');
    await jobs[i]();
    write('\x03');
  }
  ordinary();
  fs.writeFileSync(state, 'done');
  clearInterval(alive);
}
main();
