'use strict'
// Pages of a museum: hapi that tells of its failures on the console, consola for the rest.
const Hapi = require('@hapi/hapi')
const { createConsola } = require('consola')
const { Logger } = require('tslog')
const { begin, chance, failure, pause, pick, shuffled } = require('./marks.cjs')

const log = process.argv[3] === 'tslog'
  ? new Logger({ name: 'museum', pretty: { style: false } })
  : createConsola({ fancy: false, level: 4, formatOptions: { date: true, colors: false, columns: 0 } })
const success = text => (log.success ?? log.info).call(log, text)

const failures = {
  picture: () => { throw new Error('picture 17 is lent') },
  none: () => undefined.title,
  map: () => 'abc'.map(x => x),
  intl: () => new Intl.NumberFormat('xx-invalid-locale-name').format(1),
  wasm: () => new WebAssembly.Module(Buffer.from('nope')),
  symbol: () => `${Symbol('room')}`,
  structured: () => structuredClone(() => 1),
  dns: () => require('node:dns').promises.resolve4('images.invalid'),
  open: () => require('node:fs').promises.open('/srv/museum/rooms.json'),
  zlib: () => require('node:zlib').inflateSync(Buffer.from('xx')),
  class: () => { class Room { #n; static of(x) { return x.#n } } return Room.of({}) },
  iterator: () => { const [a] = null; return a },
}

function healthy() {
  const n = chance(9000)
  pick([
    () => log.info(`page ${n} rendered`),
    () => success(`image ${n} resized`),
    () => log.debug('sitemap has no errors'),
    () => log.info('link check: 812 ok, 0 failed'),
    () => log.warn(`image ${n} is large`),
    () => log.info('search for "exception to the rule": 3 hits'),
  ])()
}

async function serve() {
  const server = Hapi.server({ port: 8474, debug: { request: ['error'] } })
  for (const [name, fail] of Object.entries(failures)) server.route({ method: 'GET', path: `/${name}`, handler: fail })
  server.route({ method: 'GET', path: '/', handler: () => 'ok' })
  await server.start()
  for (const what of shuffled([...Object.keys(failures), ...Object.keys(failures)])) {
    for (let i = chance(5); i > 0; i--) healthy()
    if (chance(2) && process.argv[3] !== 'tslog') await failure(() => fetch(`http://127.0.0.1:8474/${what}`).then(r => r.text()), 20)
    else {
      try {
        await failures[what]()
      } catch (error) {
        await failure(() => pick([
          () => log.error(error),
          () => log.error(`room ${chance(40)} not shown: ${error.message}`),
          () => log.fatal(`museum closes: ${error}`),
          () => log.error('Failed to render', error),
        ])())
      }
    }
    await pause(5)
  }
  process.exit()
}

async function fall(what) {
  for (let i = 0; i < 4; i++) healthy()
  begin()
  if (what === 'later') setTimeout(failures.map, 5)
  else await failures[what]()
}

process.argv[2] === 'serve' ? serve() : fall(process.argv[4])
