// A chat service: `messages.mjs WAY START STEP`, or `messages.mjs fall FAILURE`, or `messages.mjs names`.
import assert from 'node:assert'
import { execFileSync, execSync, spawn } from 'node:child_process'
import crypto from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import fs from 'node:fs'
import fsp from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import util from 'node:util'
import vm from 'node:vm'
import { Worker } from 'node:worker_threads'
import zlib from 'node:zlib'

class ChatError extends Error {
  constructor(message, options) {
    super(message, options)
    this.name = 'ChatError'
  }
}
class RoomFull extends ChatError {
  constructor(room) {
    super(`room ${room} is full`)
    this.name = 'RoomFull'
    this.code = 'E_ROOM_FULL'
    this.room = room
  }
}

const FAILURES = {
  missing: () => fs.readFileSync('/var/lib/chat/rooms.json'),
  missingLater: async () => await fsp.readFile('/var/lib/chat/rooms.json'),
  directory: () => fs.readFileSync('/etc'),
  exists: () => fs.mkdirSync('/etc'),
  notEmpty: () => fs.rmdirSync('/etc'),
  full: () => fs.writeFileSync('/dev/full', 'x'),
  permission: () => {
    process.seteuid(65534)
    try {
      return fs.readFileSync('/etc/shadow')
    } finally {
      process.seteuid(0)
    }
  },
  refused: async () => await once(net.connect(9, '127.0.0.1'), 'connect'),
  refusedHttp: async () => await once(http.get('http://127.0.0.1:9/rooms'), 'response'),
  fetchRefused: async () => await fetch('http://127.0.0.1:9/rooms'),
  fetchBadUrl: async () => await fetch('rooms/12'),
  fetchSlow: async () => {
    const server = http.createServer(() => {}).listen(0)
    await once(server, 'listening')
    try {
      return await fetch(`http://127.0.0.1:${server.address().port}/`, { signal: AbortSignal.timeout(30) })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  },
  jsonBad: () => JSON.parse('{"room": 12, "guest": }'),
  jsonEmpty: () => JSON.parse(''),
  jsonCircle: () => {
    const room = { id: 1, owner: {} }
    room.owner.room = room
    return JSON.stringify(room)
  },
  jsonBig: () => JSON.stringify({ id: 10n }),
  undefinedField: () => undefined.name,
  nullField: () => null.rooms.length,
  nullSet: () => {
    const room = null
    room.name = 'x'
  },
  notFunction: () => ({}).send('x'),
  notIterable: () => {
    const [first] = 12
    return first
  },
  notDefined: () => rooms.length,
  early: () => {
    const a = later
    const later = 1
    return a
  },
  constant: () => {
    const room = 1
    room = 2
    return room
  },
  notConstructor: () => new (() => 1)(),
  withoutNew: () => ChatError('x'),
  frozen: () => {
    Object.freeze([1]).push(2)
  },
  arrayLength: () => new Array(-1),
  digits: () => (1.5).toFixed(200),
  repeat: () => 'x'.repeat(-1),
  bigZero: () => 1n / 0n,
  bigNumber: () => BigInt('12a'),
  mixed: () => 1n + 1,
  regex: () => new RegExp('room ('),
  uri: () => decodeURIComponent('%E0%A4%A'),
  url: () => new URL('rooms 12'),
  date: () => new Date('nonsense').toISOString(),
  recursion: () => {
    const depth = (n) => depth(n + 1) + 1
    return depth(0)
  },
  outOfRange: () => Buffer.alloc(4).readUInt32LE(3),
  bufferType: () => Buffer.from(12),
  argument: () => fs.readFileSync(12.5),
  decode: () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xe9, 0x20])),
  command: () => execSync('exit 3', { stdio: 'pipe' }),
  commandMissing: () => execFileSync('render-avatar', ['12']),
  commandSlow: () => execFileSync('sleep', ['5'], { timeout: 40 }),
  spawned: async () => await once(spawn('render-avatar'), 'exit'),
  assertion: () => assert.strictEqual(3, 4),
  assertionDeep: () => assert.deepStrictEqual({ room: 1, users: [1, 2] }, { room: 1, users: [1, 3] }),
  assertionSaid: () => assert(false, 'members must be loaded before messages'),
  own: () => {
    throw new RoomFull(17)
  },
  plainError: () => {
    throw new Error('message 98 has no author')
  },
  cause: () => {
    try {
      JSON.parse('[1,')
    } catch (error) {
      throw new ChatError('history could not be read', { cause: error })
    }
  },
  causeTwice: async () => {
    try {
      await FAILURES.cause()
    } catch (error) {
      throw new Error('room 17 could not be opened', { cause: error })
    }
  },
  any: async () => await Promise.any([Promise.reject(new RoomFull(1)), Promise.reject(new TypeError('no room'))]),
  aggregate: () => {
    throw new AggregateError([new RoomFull(3), new RangeError('page 9 of 3')], '2 of 5 rooms failed')
  },
  aborted: async () => await sleep(100, null, { signal: AbortSignal.abort() }),
  hash: () => crypto.createHash('md7'),
  decipher: () => crypto.createDecipheriv('aes-256-gcm', Buffer.alloc(3), Buffer.alloc(12)),
  unzip: () => zlib.gunzipSync(Buffer.from('no gzip')),
  streamEnd: async () => {
    const stream = new Readable({ read() {} })
    stream.destroy()
    await pipeline(stream, fs.createWriteStream('/dev/null'))
  },
  imported: async () => await import('left-padding'),
  importedFile: async () => await import('./rooms.mjs'),
  syntax: () => new vm.Script('const room = ;', { filename: 'rooms.js' }),
  emitted: () => new EventEmitter().emit('error', new Error('socket hung up')),
  emittedText: () => new EventEmitter().emit('error', 'gone'),
  cloned: () => structuredClone(() => 1),
  symbol: () => `${Symbol('room')}`,
  proxy: () => Object.defineProperty(Object.freeze({}), 'room', { value: 1 }),
  timezone: () => new Intl.DateTimeFormat('en', { timeZone: 'Mars/Base' }),
}

class Gateway {
  async handle(name) {
    return await this.dispatch(name)
  }
  async dispatch(name) {
    return await FAILURES[name]()
  }
}

const [way, start, step] = process.argv.slice(2)
let seed = [...`${way} ${start}`].reduce((a, c) => (a * 31 + c.charCodeAt(0)) % 2147483647, 7)
const chance = (below) => (seed = (seed * 48271) % 2147483647) % below
const HEALTHY = fs.readFileSync('healthy.tsv', 'utf8').trimEnd().split('\n').map((l) => l.split('\t'))
const mark = (byte) => fs.writeSync(2, `${byte}\n`)
const write = (text) => fs.writeSync(2, `${text}\n`)
const stamp = () => new Date().toISOString()
const common = () => stamp().replace('T', ' ').replace('.', ',').slice(0, 23)
const LETTERS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }

const plainError = (error) =>
  error instanceof Error ? { type: error.name, message: error.message, stack: error.stack, code: error.code } : error

// Each writes one line of a level, with an error or none.
const LAYOUTS = {
  common: (level, text, error) =>
    write(`${common()} ${level.toUpperCase()} [worker-${1 + chance(4)}] chat.gateway - ${text}${error ? `\n${error.stack}` : ''}`),
  winston: (level, text, error) =>
    write(`${stamp()} [${level}]: ${text}${error ? `\n${error.stack}` : ''}`),
  winstonJson: (level, text, error) =>
    write(JSON.stringify({ level, message: text, timestamp: stamp(), error: error ? plainError(error).message : null, stack: error?.stack })),
  pino: (level, text, error) =>
    write(JSON.stringify({ level: LETTERS[level], time: Date.now(), pid: process.pid, hostname: 'chat-2', err: error && plainError(error), msg: text })),
  log4js: (level, text, error) =>
    write(`[${stamp().slice(0, 23)}] [${level.toUpperCase()}] gateway - ${util.format(text, ...(error ? [error] : []))}`),
  console: (level, text, error) => {
    const said = { debug: 'log', info: 'log', warn: 'warn', error: 'error', fatal: 'error' }[level]
    if (level === 'debug' || (level === 'warn' && !error)) return
    error ? console[said](text, error) : console[said](level === 'error' || level === 'fatal' ? `Error: ${text}` : text)
  },
  consolePrefix: (level, text, error) => {
    const said = { debug: 'log', info: 'log', warn: 'warn', error: 'error', fatal: 'error' }[level]
    error ? console[said](`[${stamp()}] ${level}:`, text, error) : console[said](`[${stamp()}] ${level}:`, text)
  },
}
LAYOUTS.fall = LAYOUTS.common

function healthy(log, fewest = 1) {
  for (let left = fewest + chance(5); left > 0; left--) {
    let [level, text] = HEALTHY[chance(HEALTHY.length)]
    text = text.replace(/@/g, () => 2 + chance(900)).replaceAll('\\n', '\n')
    log(level.toLowerCase(), text)
  }
}

const SAID = [
  'message {n} could not be delivered', 'request POST /rooms/{n} failed', 'unhandled error in handler',
  'job {n} crashed', 'cannot load room {n}', 'failed to notify member {n}', 'push for device {n} gave up',
]

async function logged(log, names) {
  const gateway = new Gateway()
  for (const [number, name] of names.entries()) {
    healthy(log, way.startsWith('console') ? 1 : 0)
    const said = SAID[chance(SAID.length)].replace('{n}', 100 + chance(9000))
    try {
      await gateway.handle(name)
      process.stdout.write(`did not fail: ${name}\n`)
    } catch (error) {
      mark('\x02')
      const asError = error instanceof Error ? error : new Error(String(error))
      if (number % 4 === 1) log('error', `${said}: ${asError.message.split('\n')[0]}`)
      else if (number % 7 === 3) log('warn', said, asError)
      else if (number % 9 === 5) log('fatal', said, asError)
      else log('error', said, asError)
      mark('\x03')
    }
  }
  healthy(log)
}

async function fall(name, how) {
  healthy(LAYOUTS.common, 2)
  if (how === 'worker') {
    mark('\x02')
    new Worker(`const fs = require('fs'); fs.readFileSync('/var/lib/chat/${name}')`, { eval: true })
  } else if (how === 'string') {
    mark('\x02')
    Promise.reject(`gave up on ${name}`)
  } else if (how === 'object') {
    mark('\x02')
    throw { status: 500, name }
  } else if (how === 'emit') {
    mark('\x02')
    FAILURES[name]()
  } else if (how === 'later') {
    mark('\x02')
    setTimeout(() => FAILURES[name](), 1)
  } else {
    mark('\x02')
    new Gateway().handle(name)
  }
}

if (way === 'names') console.log(Object.keys(FAILURES).join('\n'))
else if (way === 'fall') await fall(start, step)
else await logged(LAYOUTS[way], Object.keys(FAILURES).filter((_, at) => at % step === Number(start)))
