// A clinic's booking service of Node's core alone: it logs with console in one of four ways.
const assert = require('node:assert')
const util = require('node:util')
const fs = require('node:fs')
const net = require('node:net')
const { execFileSync, spawnSync } = require('node:child_process')
const { Worker } = require('node:worker_threads')
const events = require('node:events')
const zlib = require('node:zlib')
const crypto = require('node:crypto')
const { pipeline, Readable, Writable } = require('node:stream')

const [way, mode, seed] = process.argv.slice(2)
let state = Number(seed) * 7919 + 17
const chance = n => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % n }
const number = () => 1000 + chance(9000)
const ordinary = fs.readFileSync('../ordinary.txt', 'utf8').trim().split('\n')
const bare = way === 'bare' || way === 'journal'
const mark = byte => fs.writeSync(2, `${byte}\n`)

const stamp = level => ({
  stamped: () => `${new Date().toISOString()} ${level.toUpperCase()} [clinic]`,
  mixed: () => `[${new Date().toISOString().slice(0, 19).replace('T', ' ')}] ${level}:`,
})[way]()
const error = (...words) => bare ? console.error(...words) : console.error(stamp('error'), ...words)
const info = (level, text) => bare ? console.log(text) : console.log(stamp(level), text)

function healthy () {
  for (let n = [0, 1, 1, 2, 3, 5][chance(6)]; n > 0; n--) {
    const line = ordinary[chance(ordinary.length)].replaceAll('\\n', '\n')
    if (line.includes('\n') || (way === 'mixed' && chance(2))) console.log(line.replace(/^W /, ''))
    else if (line.startsWith('W ')) info('warn', line.slice(2))
    else info('info', line)
  }
}

class BookingError extends Error {
  constructor (message, options) { super(message, options); this.name = 'BookingError' }
}
class Conflict extends Error {
  constructor (id, slots) { super(`slot of ${id} is taken`); this.code = 'E_CONFLICT'; this.slots = slots; this.retry = { after: 30, tries: [1, 2, 4] } }
}
const find = id => { const doctors = {}; return doctors[id].name }
const load = (id, depth) => depth ? load(id, depth - 1) : find(id)

const failures = {
  property: () => find(number()),
  deep: () => load(number(), 2 + chance(9)),
  call: () => { const patient = { id: number() }; patient.save() },
  reference: () => roomOf(number()),
  json: () => JSON.parse(`{"id": ${number()}, "name": }`),
  json_end: () => JSON.parse('{"slots": [1, 2'),
  file: () => fs.readFileSync(`/srv/clinic/${number()}.json`),
  folder: () => fs.readdirSync(`/proc/${number()}/none`),
  cause: () => { try { find(7) } catch (cause) { throw new BookingError(`cannot book ${number()}`, { cause }) } },
  causes: () => {
    try { failures.cause() } catch (cause) { throw new BookingError('day not closed', { cause }) }
  },
  cause_code: () => { try { fs.openSync('/none/at/all') } catch (cause) { throw new Error('no settings', { cause }) } },
  cause_text: () => { throw new Error(`letter ${number()} not sent`, { cause: 'mailbox full' }) },
  aggregate: () => { throw new AggregateError([new Error('north is closed'), new TypeError('south has no rooms')], `no clinic for ${number()}`) },
  fields: () => { throw new Conflict(number(), [{ at: '09:00', room: 'Ä1' }, { at: '09:20', room: 'Ö2' }]) },
  range: () => new Array(-number()),
  recursion: () => { const f = n => f(n + 1) + 1; f(0) },
  precision: () => (1.5).toFixed(number()),
  bigint: () => BigInt(1) + 1,
  uri: () => decodeURIComponent('%E0%A4%A'),
  regexp: () => new RegExp(`(${number()}`),
  lines: () => { throw new BookingError(`form ${number()} not valid:\n  - birthday: missing\n  - insurance: no such number`) },
  unicode: () => { throw new RangeError(`Termin für „Zoë Žižek“ 予約 ${number()} nicht möglich`) },
  long: () => { throw new Error('cannot store ' + JSON.stringify(Array.from({ length: 60 }, (_, n) => ({ n, patient: number(), notes: 'x'.repeat(20) })))) },
  strict: () => assert.strictEqual(number(), 3, undefined),
  deepEqual: () => assert.deepStrictEqual({ id: number(), rooms: ['a', 'b'], open: true }, { id: 4, rooms: ['a', 'c'], open: true }),
  ok: () => assert.ok(number() === 1),
  throws: () => assert.throws(() => 1),
  child: () => execFileSync('sh', ['-c', 'echo "rsync: connection unexpectedly closed" >&2; exit 12'], { stdio: 'pipe' }),
  spawn: () => { throw spawnSync('/none/such').error },
  argument: () => fs.readFileSync({}),
  port: () => net.connect(700000),
  gunzip: () => zlib.gunzipSync(Buffer.from('no gzip')),
  cipher: () => crypto.createHash('md17'),
  decipher: () => crypto.createPublicKey('not a key'),
  eval: () => new Function('let a = (1 + ')(),
  frozen: () => { 'use strict'; Object.freeze([1]).push(2) },
  iterate: () => { const [a] = null; return a },
  own_string: () => { throw Object.assign(new Error('no quota'), { name: 'QuotaError', left: 0, of: new Map([['a', 1]]) }) },
}

const rejected = {
  refused: () => new Promise((resolve, reject) => net.connect(1, '127.0.0.1').on('error', reject)),
  later: async () => { await null; await failures.json() },
  any: () => Promise.any([Promise.reject(new Error('first down')), Promise.reject(new Error('second down'))]),
  abort: async () => { await events.once(new events(), 'x', { signal: AbortSignal.timeout(5) }) },
  fetch: () => fetch('http://127.0.0.1:1/'),
  stream: () => new Promise((resolve, reject) => pipeline(Readable.from(['a']), new Writable({ write: (c, e, done) => done(new Error(`disk ${number()} gone`)) }), e => reject(e))),
  worker: () => new Promise((resolve, reject) => new Worker('null.x', { eval: true }).on('error', reject)),
  own: async () => { throw new Conflict(number(), []) },
}

const told = [
  (name, e) => error(e),
  (name, e) => error(`${name} of visit ${number()} failed:`, e),
  (name, e) => error(e.stack),
  (name, e) => error('could not do %s: %o'.replace('%o', '%s'), name, util.inspect(e)),
  (name, e) => error(util.format('visit %d: %s', number(), e.stack)),
]
const plain = [
  () => error(`error: visit ${number()} not stored, database is read-only`),
  () => error('failed to reach insurance:', { status: 502, tries: 3, url: 'http://insurance.sample/v1' }),
  () => error(`ERROR cannot lock calendar ${number()}: held by 7f3a`),
  () => console.assert(false, 'beds below zero: %d', -number()),
]

async function serve () {
  const open = setInterval(() => {}, 1000)
  const all = [...Object.entries(failures), ...Object.entries(rejected)]
  for (let n = all.length - 1; n > 0; n--) { const m = chance(n + 1);[all[n], all[m]] = [all[m], all[n]] }
  let at = 0
  for (const [name, failure] of all) {
    healthy()
    mark('\x02')
    try { await failure() } catch (e) { told[chance(told.length)](name, e) }
    mark('\x03')
    if (++at % 7 === 0) {
      healthy()
      mark('\x02')
      plain[chance(plain.length)]()
      mark('\x03')
    }
  }
  healthy()
  clearInterval(open)
}

function fall (name) {
  healthy()
  if (way === 'mixed') console.log('restarting ...')
  mark('\x02')
  const falls = {
    rejection: () => { rejected.own() },
    rejected_any: () => { rejected.any() },
    rejected_object: () => { Promise.reject({ status: 500, body: 'no' }) },
    rejected_text: () => { Promise.reject('no rooms') },
    emitter: () => new events().emit('error', new Conflict(7, [1])),
    emitter_text: () => new events().emit('error', 'late'),
    listen: () => net.createServer().listen(80, '10.255.0.1'),
    thrown_text: () => { throw 'calendar is corrupt' },
    thrown_object: () => { throw { code: 7, why: ['a', 'b'] } },
    thrown_null: () => { throw null },
    timer: () => setTimeout(failures.deep, 1),
    module: () => require('./plugins/insurance'),
    handler: () => {
      process.on('uncaughtException', (e, origin) => { error(`fatal, ${origin}:`, e); process.exit(1) })
      failures.causes()
    },
    syntax: () => require('node:vm').runInThisContext('const a = {\n  b: 1,,\n}', { filename: 'settings.js' }),
    abort: () => process.abort(),
    memory: () => { const all = []; for (;;) all.push(new Array(1e5).fill({ a: 1 })) },
    worker: () => new Worker('throw new RangeError("beds")', { eval: true }),
    next_tick: () => process.nextTick(failures.aggregate),
  }
  const f = falls[name] ?? failures[name]
  f()
}

if (mode === 'serve') serve()
else fall(mode)
