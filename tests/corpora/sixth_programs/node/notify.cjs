'use strict'
// Sends notifications: winston with lines made by printf, axios, timers and streams.
const { createLogger, format, transports } = require('winston')
const axios = require('axios')
const zlib = require('node:zlib')
const { z } = require('zod')
const assert = require('node:assert')
const { execFileSync } = require('node:child_process')
const util = require('node:util')
const { begin, chance, failure, pick, shuffled } = require('./marks.cjs')

const log = createLogger({
  level: 'debug',
  format: format.combine(
    format.errors({ stack: true }),
    format.timestamp({ format: 'YYYY-MM-DD HH:mm:ss' }),
    format.splat(),
    format.printf(x => `${x.timestamp} [${x.level.toUpperCase()}] ${x.message}${x.stack ? `\n${x.stack}` : ''}`),
  ),
  transports: [new transports.Console()],
})

const Notice = z.object({ to: z.string().email(), body: z.string().max(5), retries: z.number().int() })
const failures = {
  refused: () => axios.post('http://127.0.0.1:9/push', { to: 4 }),
  noName: () => axios.get('http://push.invalid/'),
  url: () => axios.get('http://'),
  invalid: () => Notice.parse({ to: 'nobody', body: 'much too long', retries: 1.5 }),
  assertion: () => assert.strictEqual('queued', 'sent', 'state of notice'),
  deep: () => assert.deepStrictEqual({ to: 'a', tags: ['x'] }, { to: 'a', tags: ['y'] }),
  gzip: () => util.promisify(zlib.gunzip)(Buffer.from('not gzip at all')),
  child: () => execFileSync('sh', ['-c', 'echo "sendmail: no such user" >&2; exit 67'], { stdio: 'pipe' }),
  noChild: () => execFileSync('/usr/sbin/sendmail-ng'),
  key: () => require('node:crypto').createPrivateKey('-----BEGIN NOTHING-----'),
  module: () => require('apns2-legacy'),
  offset: () => Buffer.alloc(2).readUInt32LE(0),
  type: () => Buffer.from(7),
  circular: () => { const a = {}; a.a = a; return JSON.stringify(a) },
}

function healthy() {
  const n = chance(9000)
  pick([
    () => log.info('notice %d sent', n),
    () => log.info(`batch ${n}: ${n} ok, 0 failed`),
    () => log.debug('template "payment-failed" rendered for user %d', n),
    () => log.debug('webhook /hooks/error-report answered 204'),
    () => log.warn('provider is slow: %d ms', n),
    () => log.warn('attempt 1 for notice %d failed (ETIMEDOUT), retrying', n),
    () => log.info('attempt 2 for notice %d succeeded', n),
    () => log.verbose('queue length %d', n % 40),
    () => log.info('unsubscribed: user %d, reason: "Error in address"', n),
  ])()
}

async function serve() {
  for (const what of shuffled([...Object.keys(failures), ...Object.keys(failures)])) {
    for (let i = chance(5); i > 0; i--) healthy()
    try {
      await failures[what]()
    } catch (error) {
      await failure(() => pick([
        () => log.error(error),
        () => log.error('notice %d: %s', chance(500), error.message),
        () => log.error({ message: 'delivery gave up', stack: error.stack }),
        () => log.error(`push an ${chance(500)} fehlgeschlagen: ${error}`),
        () => log.error(`notice ${chance(500)} lost: ${util.inspect(error)}`),
      ])())
    }
  }
}

async function fall(what) {
  for (let i = 0; i < 4; i++) healthy()
  begin()
  await failures[what]()
}

process.argv[2] === 'serve' ? serve() : fall(process.argv[3])
