// A runner of tasks: ES modules, worker threads, bare console lines, and the ways Node itself ends.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import marks from './marks.cjs'

const { begin, chance, failure, pick, pause, shuffled } = marks
const stamp = () => new Date().toISOString()
const info = text => console.log(`${stamp()} info  ${text}`)
const problem = text => console.error(`${stamp()} error ${text}`)

function healthy() {
  const n = chance(9000)
  pick([
    () => info(`task ${n} done in ${n % 80} ms`),
    () => info('error handler installed'),
    () => info(`task ${n} skipped: exceptional day`),
    () => console.warn(`${stamp()} warn  task ${n} was late`),
    () => info('last run failed? no'),
    () => info(`retried task ${n}: ok`),
  ])()
}

const worker = code => new Promise(done => {
  const thread = new Worker(code, { eval: true })
  thread.on('error', error => done(error))
  thread.on('exit', status => done(new Error(`worker stopped with exit code ${status}`)))
})

const failures = {
  async thrown() { throw await worker('throw new TypeError("no such task: tidy")') },
  async exit() { throw await worker('process.exit(4)') },
  async memory() {
    const error = await new Promise(done => {
      const w = new Worker('const a = []; for (;;) a.push(new Array(1e5).fill(1))', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 12 } })
      w.on('error', done)
    })
    throw error
  },
  async spawned() { await new Promise((_, no) => spawn('/usr/bin/tidy-all').on('error', no)) },
  async import() { await import('./plans/tidy.mjs') },
  async syntax() { new Function('return }') },
  async stack() { const down = n => down(n + 1) + 1; down(0) },
  async read() { for await (const _ of fs.createReadStream('/srv/tasks/list')); },
  async mkdir() { fs.mkdirSync('/proc/tasks') },
  async lock() { fs.openSync('/tmp', 'w') },
  async cause() {
    try { fs.rmdirSync('/srv/tasks/none') } catch (cause) { throw new Error('tidy could not finish', { cause }) }
  },
}

async function serve() {
  for (const what of shuffled([...Object.keys(failures), ...Object.keys(failures), ...Object.keys(failures)])) {
    for (let i = chance(5); i > 0; i--) healthy()
    try { await failures[what]() } catch (error) {
      await failure(() => pick([
        () => problem(error.stack),
        () => problem(`task ${what} failed: ${error.message}`),
        () => console.error(`${stamp()} error task failed:`, error),
        () => console.error(`${stamp()} fatal ${error}`),
      ])())
    }
  }
}

async function fall(what) {
  for (let i = 0; i < 4; i++) healthy()
  begin()
  if (what === 'heap') { const a = []; for (;;) a.push({ n: Math.random(), s: 'x' + a.length }) }
  if (what === 'abort') process.abort()
  if (what === 'worker') new Worker('JSON.parse("[")', { eval: true })
  if (what === 'string') throw 'plan is empty'
  if (what === 'reason') Promise.reject({ code: 7, text: 'plan is empty' })
  if (what === 'undefined') Promise.reject()
  if (what === 'stream') fs.createReadStream('/srv/none').pipe(process.stdout)
  if (what === 'aggregate') await Promise.any([failures.mkdir(), failures.lock()])
  if (what in failures) await failures[what]()
}

if (process.argv[2] === 'serve') await serve()
else await fall(process.argv[3])
