'use strict'
// Takes measurements over HTTP: fastify with pino's lines of JSON.
const Fastify = require('fastify')
const { chance, failure, pause, pick, shuffled } = require('./marks.cjs')

const app = Fastify({ logger: { level: 'debug' } })
const store = new Map()

const routes = {
  null: async () => store.get('m-1').value,
  nested: async () => {
    try {
      JSON.parse('value=3')
    } catch (cause) {
      throw new Error('reading of meter 7 is broken', { cause })
    }
  },
  string: async () => { throw 'disk quota exceeded' },
  stream: async () => require('node:fs').readFileSync('/srv/ingest/meters.bin'),
  full: async () => require('node:fs').writeFileSync('/dev/full', 'x'),
  spread: async () => Math.max(...null),
  type: async () => new URL('meter/7'),
  typed: async () => new Float32Array(-2),
  proxy: async () => new Proxy(1, {}),
}
for (const [name, route] of Object.entries(routes)) app.get(`/fail/${name}`, route)
app.get('/m/:id', { schema: { params: { type: 'object', properties: { id: { type: 'integer' } } } } }, async () => [])

function healthy() {
  const n = chance(9000)
  pick([
    () => app.log.info({ meter: n, error: null }, 'stored'),
    () => app.log.info('compaction done, errors: 0'),
    () => app.log.debug({ failed: 0, ok: n }, 'batch'),
    () => app.log.warn({ meter: n }, 'clock is off by 4 s'),
    () => app.log.warn('retry after failed write succeeded'),
    () => app.log.info({ path: '/exceptions' }, 'route'),
  ])()
}

async function main() {
  await app.listen({ port: 8473 })
  const ask = path => fetch(`http://127.0.0.1:8473${path}`).then(r => r.text())
  for (const what of shuffled([...Object.keys(routes), ...Object.keys(routes)])) {
    for (let i = chance(5); i > 0; i--) healthy()
    if (chance(2)) await ask(`/m/${pick(['7', '8', 'error'])}`)
    await pause(5)
    if (chance(2)) {
      await failure(() => ask(`/fail/${what}`), 15)
    } else {
      try {
        await routes[what]({}, { send() {}, raw: { setHeader() {} } })
        continue
      } catch (error) {
        await failure(() => pick([
          () => app.log.error(error, 'meter not read'),
          () => app.log.fatal({ err: error }, 'ingest stops'),
          () => app.log.error(`meter ${chance(99)}: ${error.message ?? error}`),
          () => app.log.error({ meter: chance(99), reason: String(error) }, 'write failed'),
        ])(), 15)
      }
    }
  }
  process.exit()
}
main()
