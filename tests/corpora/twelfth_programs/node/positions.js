// A worker that takes in the positions of buses and trams and tells how late they are.
// Its loggers are the real ones: winston, pino and log4js; the journal gets what console writes.
const fs = require('fs');

const [way, seed, start, state] = process.argv.slice(2);
const JOBS = 46;

let drawn = (Number(seed) * 7919 + Number(start) * 104729 + 1) >>> 0;
function chance() {
  drawn = (Math.imul(drawn ^ (drawn >>> 15), 2246822519) + 3266489917) >>> 0;
  const x = Math.imul(drawn ^ (drawn >>> 13), 668265263) >>> 0;
  return x / 4294967296;
}
const between = (low, high) => low + Math.floor(chance() * (high - low + 1));
const pick = (list) => list[between(0, list.length - 1)];

class FeedError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'FeedError';
  }
}

function logger() {
  if (way === 'winston') {
    const { createLogger, format, transports } = require('winston');
    const real = createLogger({
      level: 'debug',
      format: format.combine(
        format.errors({ stack: true }),
        format.timestamp(),
        format.printf((x) => `${x.timestamp} ${x.level}: ${x.message}${x.stack ? '\n' + x.stack : ''}`),
      ),
      transports: [new transports.Console()],
    });
    real.fatal = real.error; // npm's levels, winston's default, have none above error
    return real;
  }
  if (way === 'pino') {
    const pino = require('pino');
    const real = pino({ level: 'debug', base: { pid: process.pid, hostname: 'tram-5' } }, pino.destination({ dest: 1, sync: true }));
    return {
      info: (text) => real.info(text),
      debug: (text) => real.debug(text),
      warn: (text) => real.warn(text),
      error: (text, error) => (error ? real.error(error, text) : real.error(text)),
      fatal: (text) => real.fatal(text),
    };
  }
  if (way === 'log4js') {
    const log4js = require('log4js');
    log4js.configure({
      appenders: { out: { type: 'stdout', layout: { type: 'basic' } } },
      categories: { default: { appenders: ['out'], level: 'debug' } },
    });
    return log4js.getLogger('positions');
  }
  const stamp = way === 'bare' ? () => [new Date().toISOString()] : () => [];
  const told = (say) => (...words) => say(...stamp(), ...words);
  return {
    info: told(console.log),
    debug: told(console.log),
    warn: (text) => told(console.warn)('WARN', text),
    error: (text, ...rest) => told(console.error)('ERROR', text, ...rest),
    fatal: (text) => told(console.error)('FATAL', text),
  };
}

const log = logger();
const begin = () => fs.writeSync(1, '\x02\n');
const end = () => fs.writeSync(1, '\x03\n');
const vehicle = () => `${pick(['bus', 'tram'])} ${between(1001, 4999)}`;

function work() {
  for (let i = between(2, 4); i > 0; i--) {
    const x = chance();
    if (x < 0.25) log.info(`received ${between(20, 900)} positions from gateway ${pick(['north', 'south', 'harbour'])}`);
    else if (x < 0.45) log.info(`${vehicle()} is ${between(0, 9)} min late at stop ${between(100, 999)}`);
    else if (x < 0.6) log.debug(`matched ${between(3, 60)} vehicles to trips in ${between(2, 90)} ms`);
    else if (x < 0.8) log.info(`published feed version ${between(10000, 99999)}`);
    else if (x < 0.92) log.debug(`map tile cache holds ${between(100, 2000)} entries`);
    else log.warn(`${vehicle()} has not reported for ${between(60, 300)} s`);
  }
}

const routes = new Map([['4', { stops: [101, 102, 118] }], ['T1', { stops: [300, 301] }]]);

function nextStop(line, passed) {
  const route = routes.get(line);
  return route.stops[passed + 1].toString();
}

function delay(position) {
  return position.trip.planned - position.at;
}

function interpolate(points, depth) {
  if (depth > 0) return interpolate(points.slice(1), depth - 1);
  return points[0].lat + points[1].lat;
}

async function fetchGateway(name) {
  await null;
  const error = new Error(`connect ECONNREFUSED 10.20.4.${between(2, 40)}:7070`);
  Object.assign(error, { errno: -111, code: 'ECONNREFUSED', syscall: 'connect' });
  throw error;
}

async function pullFeed(name) {
  try {
    return await fetchGateway(name);
  } catch (error) {
    throw new FeedError(`no positions from gateway ${name}`, { cause: error });
  }
}

async function readTrips() {
  return fs.promises.readFile(`/srv/feeds/trips-${between(100, 999)}.json`);
}

const failures = [
  () => nextStop(pick(['4', 'T1', 'N9']), between(5, 9)),
  () => delay({ vehicle: vehicle(), at: between(1, 900) }),
  () => interpolate([{ lat: 1 }, { lat: 2 }, { lat: 3 }], between(2, 5)),
  () => JSON.parse(pick(['{"lat": 48.1, "lon"', '<html>', '{lat: 1}', '[1, 2,'])),
  () => new Array(between(-9, -1)),
  () => BigInt(`${between(1, 9)}.${between(1, 9)}`),
  () => pullFeed(pick(['north', 'south', 'harbour'])),
  () => pullFeed(pick(['north', 'south', 'harbour'])),
  () => readTrips(),
  async () => {
    await null;
    throw new RangeError(`heading ${between(361, 900)} is out of range`);
  },
];

async function logged() {
  begin();
  try {
    await pick(failures)();
  } catch (error) {
    const text = `${pick(['position update failed', 'could not place', 'prediction failed for'])} ${vehicle()}`;
    if (way === 'winston') log.error(error);
    else log.error(text, error);
  }
  end();
}

async function oneLine() {
  begin();
  try {
    await pick(failures)();
  } catch (error) {
    log.error(`dropping report of ${vehicle()}: ${error.message.split('\n')[0]}`);
  }
  end();
}

function several() {
  for (let i = between(2, 3); i > 0; i--) {
    begin();
    log.error(`modem of ${vehicle()} did not answer: ${pick(['timeout', 'EHOSTUNREACH', 'bad frame'])}`);
    end();
  }
}

async function uncaught() {
  begin();
  const fail = pick(failures);
  setImmediate(fail);
  await new Promise((resolve) => setTimeout(resolve, 500));
}

function fatal() {
  begin();
  log.fatal(`lease of the position feed was lost to node ${between(2, 9)}, exiting`);
  process.exit(1);
}

async function main() {
  log.info(`positions worker up, ${routes.size} routes`);
  for (let job = Number(start); job < JOBS; job++) {
    fs.writeFileSync(state, String(job));
    work();
    const x = chance();
    if (x < 0.44) await logged();
    else if (x < 0.7) await oneLine();
    else if (x < 0.78) several();
    else if (x < 0.96) await uncaught();
    else fatal();
  }
  work();
  fs.writeFileSync(state, 'done');
}

main();
