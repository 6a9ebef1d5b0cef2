'use strict'
// A shopping cart: express with morgan and its own handler of errors, ioredis and pg behind it.
const express = require('express')
const morgan = require('morgan')
const { Client } = require('pg')
const Redis = require('ioredis')
const { begin, chance, failure, pause, pick, shuffled } = require('./marks.cjs')

const app = express()
app.use(morgan('common'))
app.use(express.json())

class CartError extends Error {
  constructor(message, options) {
    super(message, options)
    this.name = 'CartError'
    this.status = 500
    this.sku = 'B-12'
  }
}

const failures = {
  undefinedItem: cart => cart.items.first.sku,
  notAFunction: cart => cart.total(),
  badJson: () => JSON.parse('{"items": [}'),
  cause: () => {
    try {
      BigInt('12.5')
    } catch (error) {
      throw new CartError('price is not a whole number', { cause: error })
    }
  },
  readOnly: () => { Object.freeze([]).push(1) },
  range: () => new Array(-1),
  toFixed: () => (1.5).toFixed(400),
  template: () => decodeURIComponent('%E0%A4%A'),
  regex: () => new RegExp('(unclosed'),
  reference: () => discount + 1,
  date: () => new Date('2026-13-45').toISOString(),
  async postgres() {
    const client = new Client({ host: '127.0.0.1', port: 9 })
    await client.connect()
  },
  async redis() {
    const redis = new Redis({ port: 9, lazyConnect: true, retryStrategy: null })
    redis.on('error', () => {})
    await redis.connect()
  },
  async file() {
    await require('node:fs/promises').readFile('/srv/cart/vouchers.csv')
  },
  async any() {
    await Promise.any([Promise.reject(new Error('till 1 is closed')), Promise.reject(new Error('till 2 is closed'))])
  },
  async fetch() {
    await fetch('http://127.0.0.1:9/stock')
  },
  async aborted() {
    await fetch('http://127.0.0.1:8471/slow', { signal: AbortSignal.timeout(20) })
  },
}

app.get('/cart', (req, res) => res.json({ items: [] }))
app.get('/slow', (req, res) => setTimeout(() => res.end(), 200))
app.get('/fail/:what', async (req, res) => res.json(await failures[req.params.what]({ items: {} })))
app.post('/cart', (req, res) => res.status(201).end())

const say = console.log
function healthy() {
  const n = chance(9000)
  pick([
    () => say(`cart ${n} saved`),
    () => say('session store: 0 errors, %d sessions', n),
    () => say('voucher check failed softly for cart %d, falling back to list price', n),
    () => console.info('feature flags: %o', { errorPage: true, retry: 3 }),
    () => console.warn('cart %d has %d items', n, n % 90),
    () => say('reconnected to redis after error'),
    () => say(`currency rates are ${n % 60} minutes old`),
  ])()
}

async function serve() {
  const server = app.listen(8471)
  const ask = path => fetch(`http://127.0.0.1:8471${path}`).then(r => r.text())
  for (const what of shuffled([...Object.keys(failures), ...Object.keys(failures)])) {
    for (let i = chance(5); i > 0; i--) healthy()
    if (chance(3)) await ask(pick(['/cart', '/cart?error=none', '/exception.js', '/cart']))
    await pause(5)
    if (chance(3)) await failure(() => ask(`/fail/${what}`), 15)
    else {
      try {
        await failures[what]({ items: {} })
      } catch (error) {
        await failure(() => pick([
          () => console.error('cart %d not stored:', chance(99), error),
          () => console.error(`ERROR: checkout failed: ${error.message}`),
          () => console.error(error),
          () => console.error('checkout failed', error.stack),
        ])())
      }
    }
  }
  process.exit()
}

async function fall(what) {
  for (let i = 0; i < 4; i++) healthy()
  begin()
  if (what === 'port') {
    const net = require('node:net')
    net.createServer().listen(8472, () => net.createServer().listen(8472))
  } else if (what === 'emit') new (require('node:events'))().emit('error', new CartError('stock feed ended'))
  else failures[what]({ items: {} })
}

process.argv[2] === 'serve' ? serve() : fall(process.argv[3])
