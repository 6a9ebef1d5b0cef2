// The ticket gates of a metro: reads passes, opens gates, settles fares, and fails in the ways such a service fails.
'use strict'
const fs = require('fs')
const net = require('net')
const assert = require('assert')
const util = require('util')
const path = require('path')
const events = require('events')
const { execFileSync } = require('child_process')

const [way, seedText, startText, state] = process.argv.slice(2)
const seed = Number(seedText)
const start = Number(startText)

let now = seed
const random = () => {
  now = (now * 1103515245 + 12345) % 2147483648
  return now / 2147483648
}
const pick = (list) => list[Math.floor(random() * list.length)]
const number = (from, to) => from + Math.floor(random() * (to - from + 1))
const say = (mark) => fs.writeSync(2, mark + '\n')

const STATIONS = ['Harbour Cross', 'St. Olave', 'Kungsträdgården', '人民广场', 'Mill Lane', 'Docks (east)', 'Plaza Ñuñoa']
const gate = () => `${pick(['A', 'B', 'C', 'N'])}${number(1, 28)}`
const filled = (text) =>
  text.replace(/\{(\w)\}/g, (_, key) => ({ s: pick(STATIONS), g: gate(), n: number(1000, 99999), o: number(2, 90) })[key])

class GateError extends Error {
  constructor(message, options) {
    super(message, options)
    this.name = 'GateError'
  }
}
class FareError extends Error {
  constructor(message, zone, options) {
    super(message, options)
    this.name = 'FareError'
    this.code = 'E_FARE'
    this.zone = zone
  }
}

// what it does
class Reader {
  constructor(id) { this.id = id }
  balance(pass) { return pass.account.balance }
  open(pass) {
    if (this.balance(pass) < 0) return false
    return true
  }
}
const readPass = () => new Reader(gate()).open({ serial: number(1000, 9999) })
const settle = () => { const fares = undefined; return fares.map((x) => x.cents) }
const parse = () => JSON.parse(`{"gate": "${gate()}", "state": ope`)
const missingFile = () => fs.readFileSync(`/srv/gates/fares/${number(2020, 2029)}.json`)
const notFunction = () => { const turnstile = { close: 1 }; turnstile.open(gate()) }
const undeclared = () => zoneTable[number(1, 6)]
const checks = () => assert.strictEqual(number(1, 9), 0, `gate ${gate()} counts passengers it has not let in`)
const checksDeep = () => assert.deepStrictEqual({ zone: number(1, 3), fare: 240 }, { zone: 9, fare: 240 })
const refuse = () => { throw new GateError(`gate ${gate()} refused command open: motor blocked`) }
const fare = () => { throw new FareError(`no fare from zone ${number(1, 6)} to ${filled('{s}')}`, number(1, 6)) }
const severalLines = () => {
  throw new GateError(`settlement of ${filled('{s}')} does not add up:\n  taken: ${number(1000, 9999)}\n  booked: ${number(100, 999)}`)
}
const chinese = () => { throw new GateError(`闸机 ${gate()} 无响应，已重试 ${number(2, 5)} 次`) }
const range = () => 'x'.repeat(-number(1, 9))
const bigNumber = () => BigInt(`${number(1, 9)}.5`)
const badUrl = () => new URL(`gate ${gate()}:80/status`)
const command = () => execFileSync('sh', ['-c', 'exit 3'])
const deep = (n = 0) => deep(n + 1) + 1
const circular = () => { const train = { line: 'U4' }; train.stops = [{ train }]; return JSON.stringify(train) }
const caused = () => {
  try { readPass() } catch (error) { throw new GateError(`pass ${number(1000, 9999)} not accepted at ${filled('{s}')}`, { cause: error }) }
}
const causedTwice = () => {
  try { caused() } catch (error) { throw new FareError('trip not settled', number(1, 6), { cause: error }) }
}
const connect = () => new Promise((resolve, reject) => net.connect(9, '127.0.0.1').on('error', reject).on('connect', resolve))
const everyServer = () => Promise.any([connect(), Promise.reject(new GateError(`standby ${gate()} is switched off`))])
const together = () => {
  throw new AggregateError([new GateError(`gate ${gate()} jammed`), new FareError(`fare table of ${filled('{s}')} is empty`, 2)], `2 of ${number(3, 9)} gates failed their self test`)
}
const later = async () => { await new Promise((done) => setImmediate(done)); readPass() }

const RAISING = [readPass, settle, parse, missingFile, notFunction, undeclared, checks, checksDeep, refuse, fare, severalLines, chinese, range,
  badUrl, command, deep, circular, caused, causedTwice, connect, everyServer, together, later]
const TOLD = ['gate {g} at {s} failed', 'could not settle trip {n}', 'Error handling tap {n}', 'request failed', 'unhandled error in tap handler', '结算失败', 'poll of {s} aborted']
const LINES = ['gate {g} does not answer, taken out of service', 'Failed to open gate {g}: motor current too high',
  'connection to fare server 10.8.0.{o}:7400 refused, gave up after 5 attempts', 'invalid checksum in pass {n}',
  'Cannot write trip {n}: disk quota exceeded', '读卡器 {g} 故障，错误码 {o}', 'Could not renew the token of {s}: 401 Unauthorized']
const MULTI = ['self test of {s} failed:\n  - gate {g}: sensor dirty\n  - gate {g}: no power', 'batch {n} rejected\n  line {o}: unknown zone\n  line {n}: negative fare']
const WORK = ['tap {n} at {s}, gate {g} opened', 'settled {n} trips in {o} ms', 'gate {g} back in service', 'GET /gates/{g}/errors 200 {o}ms',
  'self test of {s}: 0 errors', 'retried trip {n} once, succeeded', 'no exception in the schedule of {s}', 'fare table loaded, {o} zones',
  'POST https://fares.internal/v1/exceptions/{n} 204', '乘客 {n} 进站', 'health check ok, errors=0', 'pass {n} topped up']
const WARNED = ['gate {g} is slow: {o} ms', 'memory use at {o}%', '{s} has {o} passes left for printing']

const DEATHS = [readPass, settle, parse, missingFile, undeclared, refuse, fare, chinese, caused, causedTwice, together, checks, badUrl, severalLines,
  'rejected', 'rejectedOther', 'emitted', 'required', 'syntax', connect, everyServer]
const dies = (what) => {
  if (what === 'rejected') Promise.reject(new GateError(`heartbeat of ${gate()} lost`))
  else if (what === 'rejectedOther') Promise.reject(`error: gate ${gate()} lost`)
  else if (what === 'emitted') new events.EventEmitter().emit('error', new GateError(`reader ${gate()} unplugged`))
  else if (what === 'required') require('./zones-' + number(1, 9))
  else if (what === 'syntax') {
    const file = path.join(__dirname, 'fares.cjs')
    fs.writeFileSync(file, `module.exports = {\n  zone: ${number(1, 9)},\n  cents: 240,,\n}\n`)
    require(file)
  } else return what()
}

// how it is logged
const pad = (text, to) => String(text).padStart(to, '0')
const clock = (d = new Date()) => `${d.toISOString().slice(0, 23).replace('T', ' ')}`
const nested = (error) => ({
  type: error.constructor.name, message: error.message, stack: error.stack, ...(error.code ? { code: error.code } : {}),
  ...(error.errors ? { aggregateErrors: error.errors.map(nested) } : {})
})
// pino's serializer joins the messages and the stacks of the causes
const joined = (error) => error.cause ? { message: `${error.message}: ${joined(error.cause).message}`, stack: `${error.stack}\ncaused by: ${joined(error.cause).stack}` } : error
const quoted = (text) => /[\s"=]/.test(text) ? JSON.stringify(text) : text
const WAYS = {
  console: (level, text, error) => {
    const to = level === 'info' ? console.log : level === 'warn' ? console.warn : console.error
    if (error && random() < 0.4) to(error)
    else if (error) to(`${text}:`, error)
    else to(level === 'error' ? `Error: ${text}` : text)
  },
  log4js: (level, text, error) =>
    console.log(`[${new Date().toISOString().slice(0, 23)}] [${level.toUpperCase()}] gates - ${error ? util.format(text, error) : text}`),
  printf: (level, text, error) => console.log(`${clock()} [gates] ${level}: ${text}${error ? `\n${error.stack}` : ''}`),
  pino: (level, text, error) =>
    console.log(JSON.stringify({
      level: { info: 30, warn: 40, error: 50 }[level], time: Date.now(), pid: process.pid, hostname: 'depot-2', name: 'gates',
      ...(error ? { err: { ...nested(error), ...(error.cause ? { message: joined(error).message, stack: joined(error).stack } : {}) } } : level === 'info' && random() < 0.3 ? { err: null } : {}), msg: text
    })),
  journal: (level, text, error) => console.log(`${level}: ${text}${error ? `\n${util.inspect(error)}` : ''}`),
  logfmt: (level, text, error) =>
    console.log(`ts=${new Date().toISOString()} level=${level} msg=${quoted(text)} svc=gates` +
      (error ? ` err=${quoted(error.message)} stack=${quoted(error.stack)}` : level === 'info' && random() < 0.3 ? ' err=""' : ` took=${number(1, 90)}ms`))
}
const log = WAYS[way]

const work = () => {
  for (let i = number(2, 4); i > 0; i--) {
    if (random() < 0.1) log('warn', filled(pick(WARNED)))
    else log('info', filled(pick(WORK)))
  }
}

const jobs = () => {
  now = seed
  const kinds = [...RAISING.map((x) => ['raised', x]), ...Array(6).fill(['line']), ...Array(2).fill(['lines']), ...DEATHS.slice(0).map((x) => ['die', x])]
  const keyed = kinds.map((kind) => [random(), kind])
  return keyed.sort((a, b) => a[0] - b[0]).map((x) => x[1])
}

const main = async () => {
  const todo = jobs()
  for (let i = start; i < todo.length; i++) {
    now = (seed * 1000 + i * 7919) % 2147483648
    random(); random()
    const [how, what] = todo[i]
    fs.writeFileSync(state, String(i))
    work()
    say('\x02')
    if (how === 'die') {
      // outside of this function's promise, as a handler of an event is
      setImmediate(() => dies(what))
      return
    }
    if (how === 'line') log('error', filled(pick(LINES)))
    else if (how === 'lines') log('error', filled(pick(MULTI)))
    else {
      try { await what() } catch (error) { log('error', filled(pick(TOLD)), error) }
    }
    say('\x03')
  }
  work()
  fs.writeFileSync(state, 'done')
}
main()
