'use strict'
// Marks in the log what tells of a failure; whoever falls writes nothing behind.
const fs = require('node:fs')
const pause = ms => new Promise(done => setTimeout(done, ms))

let seed = [...process.argv.slice(1).join()].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7)
function chance(below) {
  seed = (seed + 0x6d2b79f5) | 0
  let x = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
  return ((x ^ (x >>> 14)) >>> 0) % below
}

exports.chance = chance
exports.pick = of => of[chance(of.length)]
exports.pause = pause
exports.begin = () => fs.writeSync(1, '\x02\n')
exports.failure = async (tell, wait = 0) => {
  exports.begin()
  await tell()
  if (wait) await pause(wait)
  fs.writeSync(1, '\x03\n')
}
exports.shuffled = of => of.map(x => [chance(1e6), x]).sort((a, b) => a[0] - b[0]).map(x => x[1])
