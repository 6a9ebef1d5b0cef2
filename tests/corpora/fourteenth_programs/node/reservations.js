// The reservations of a museum network: time slots, guided tours, audio guides, tickets.
//
// Ways of logging: `winston` (timestamp and printf with the stack), `log4js` (its basic layout), `pino` (JSON lines),
// `pretty` (pino-pretty without colours), `bare` (console), `journal` (console with a level).
'use strict';
const fs = require('fs');
const net = require('net');
const { EventEmitter } = require('events');

const [way, seedText, startText, stateFile] = process.argv.slice(2);
const seed = Number(seedText);
const start = Number(startText);
const JOBS = 50;
const MUSEUMS = ['castle-museum', 'maritime', 'natural-history', 'glass-house'];

class SlotTaken extends Error {
  constructor(slot, museum) {
    super(`slot ${slot} at ${museum} is taken`);
    this.name = 'SlotTaken';
    this.code = 'E_SLOT';
  }
}

function logger() {
  if (way === 'winston') {
    const { createLogger, format, transports } = require('winston');
    const line = format.printf((x) => `${x.timestamp} [${x.level}] ${x.message}${x.stack ? `\n${x.stack}` : ''}`);
    const made = createLogger({
      level: 'debug',
      format: format.combine(format.errors({ stack: true }), format.timestamp({ format: 'YYYY-MM-DD HH:mm:ss.SSS' }), line),
      transports: [new transports.Console()],
    });
    return {
      debug: (m) => made.debug(m), info: (m) => made.info(m), warn: (m) => made.warn(m),
      error: (m, e) => (e ? made.error(m, { stack: e.stack }) : made.error(m)), fatal: (m) => made.error(m),
    };
  }
  if (way === 'log4js') {
    const log4js = require('log4js');
    log4js.configure({
      appenders: { out: { type: 'stdout', layout: { type: 'basic' } } },
      categories: { default: { appenders: ['out'], level: 'debug' } },
    });
    const made = log4js.getLogger('reservations');
    return {
      debug: (m) => made.debug(m), info: (m) => made.info(m), warn: (m) => made.warn(m),
      error: (m, e) => (e ? made.error(m, e) : made.error(m)), fatal: (m) => made.fatal(m),
    };
  }
  if (way === 'pino' || way === 'pretty') {
    const pino = require('pino');
    const stream = way === 'pino' ? pino.destination({ sync: true }) : require('pino-pretty')({ sync: true, colorize: false });
    const made = pino({ level: 'debug', name: 'reservations' }, stream);
    return {
      debug: (m) => made.debug(m), info: (m) => made.info(m), warn: (m) => made.warn(m),
      error: (m, e) => (e ? made.error(e, m) : made.error(m)), fatal: (m) => made.fatal(m),
    };
  }
  if (way === 'journal') {
    return {
      debug: (m) => console.log(`DEBUG ${m}`), info: (m) => console.log(`INFO ${m}`), warn: (m) => console.warn(`WARN ${m}`),
      error: (m, e) => console.error(`ERROR ${m}${e ? ` ${e.stack}` : ''}`), fatal: (m) => console.error(`FATAL ${m}`),
    };
  }
  return {
    debug: (m) => console.debug(m), info: (m) => console.log(m), warn: (m) => console.warn(`Warning: ${m}`),
    error: (m, e) => (e ? console.error(`${m}:`, e) : console.error(`Error: ${m}`)), fatal: (m) => console.error(`Fatal: ${m}`),
  };
}
const log = logger();

function chanceOf(number) {
  let a = (seed * 1000 + number) >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (let i = 0; i < 5; i++) next();
  return { next, int: (low, high) => low + Math.floor(next() * (high - low + 1)), pick: (list) => list[Math.floor(next() * list.length)] };
}

const failing = {
  slot(c) {
    const take = (slot, museum) => { throw new SlotTaken(slot, museum); };
    return take(`${c.int(9, 17)}:${c.pick(['00', '15', '30'])}`, c.pick(MUSEUMS));
  },
  tour(c) {
    const tour = c.pick([{ guide: null }, { guide: { name: 'Ada' } }, {}]);
    const languages = (guide) => guide.languages.map((x) => x.toUpperCase());
    return languages(tour.guide);
  },
  voucher(c) {
    const parse = (text) => JSON.parse(text);
    return parse(c.pick(['{"voucher": 12', '<html><body>502</body></html>', '{voucher: 3}', 'undefined']));
  },
  async guide(c) {
    const play = async (path) => fs.promises.readFile(path);
    return play(`/srv/audio/${c.pick(MUSEUMS)}/stop-${c.int(1, 90)}.mp3`);
  },
  async gate(c) {
    return new Promise((resolve, reject) => net.connect(c.int(2, 9), '127.0.0.1', resolve).on('error', reject));
  },
  async payment(c) {
    try {
      await failing.gate(c);
    } catch (error) {
      throw new Error(`payment of ticket ${c.int(10000, 99999)} failed`, { cause: error });
    }
  },
  async mirrors(c) {
    return Promise.any([failing.gate(c), failing.guide(c)]);
  },
  seats(c) {
    return new Array(c.int(-40, -1)).fill(0);
  },
  price(c) {
    const price = (ticket) => ticket.price.toFixed(2);
    return price({ price: c.pick(['12.50', null, undefined]) });
  },
  async reservation(c) {
    const validate = (order) => {
      if (order.persons > 25) throw new Error(`invalid reservation ${order.id}:\n  - persons: ${order.persons} is more than 25\n  - date: the museum is closed on Mondays`);
    };
    await null;
    validate({ id: c.int(100, 999), persons: c.int(26, 90) });
  },
};
const said = {
  slot: 'could not reserve the slot', tour: 'guided tour not booked', voucher: 'voucher could not be read', guide: 'audio guide not loaded',
  gate: 'turnstile is not answering', payment: 'payment failed', mirrors: 'no mirror gave the floor plan', seats: 'seating of the lecture failed',
  price: 'ticket was not priced', reservation: 'reservation rejected',
};

function mark(byte) {
  fs.writeSync(1, `${byte}\n`);
}

async function traced(kind, c) {
  try {
    await failing[kind](c);
  } catch (error) {
    log.error(said[kind], error);
  }
}

async function line(c) {
  const kind = c.pick(Object.keys(failing).filter((x) => x !== 'reservation' && x !== 'mirrors'));
  try {
    await failing[kind](c);
  } catch (error) {
    log.error(`${said[kind]}: ${error.message}`);
  }
}

async function die(kind, c) {
  if (kind === 0) setImmediate(() => failing[c.pick(['slot', 'tour', 'price', 'voucher'])](c));
  if (kind === 1) failing[c.pick(['guide', 'payment', 'gate', 'reservation'])](c);
  if (kind === 2) {
    log.fatal(`no connection to the ticket database after ${c.int(3, 9)} attempts, exiting`);
    process.exit(1);
  }
  if (kind === 3) {
    new EventEmitter().emit('error', new Error(`turnstile ${c.int(1, 12)}: unexpected end of stream`));
  }
  if (kind === 4) {
    try {
      await failing.guide(c);
    } catch (error) {
      log.error('cannot start without the audio store', error);
      process.exit(1);
    }
  }
  if (kind === 5) {
    const rows = [];
    for (;;) rows.push(new Array(1000).fill(rows.length));
  }
  await new Promise((resolve) => setTimeout(resolve, 10000));
}

function work(c) {
  for (let i = c.int(2, 4); i > 0; i--) {
    log.info(c.pick([
      `reserved ${c.int(1, 25)} places at ${c.pick(MUSEUMS)} for ${c.int(9, 17)}:30`,
      `ticket ${c.int(10000, 99999)} sold, ${c.int(5, 20)}.00 EUR`,
      `tour ${c.int(100, 999)} confirmed, guide told`,
      `audio guide ${c.int(1, 300)} handed out in ${c.pick(['de', 'en', 'it', 'fr'])}`,
      `visitors in ${c.pick(MUSEUMS)}: ${c.int(4, 380)}`,
    ]));
  }
  if (c.next() < 0.3) log.debug(`cache: ${c.int(10, 90)} entries, ${c.int(0, 9)} evicted`);
  if (c.next() < 0.1) log.warn(`slot list of ${c.pick(MUSEUMS)} is ${c.int(61, 300)} s old`);
}

async function main() {
  const order = [...Object.keys(failing), 'line', 'batch', 'die', 'line', 'tour', 'die', 'payment', 'die', 'voucher'];
  if (start === 0) log.info('reservations 5.2.0 listening for jobs');
  for (let number = start; number < JOBS; number++) {
    fs.writeFileSync(stateFile, String(number));
    const c = chanceOf(number);
    work(c);
    const kinds = Array.from({ length: number + 1 }, (_, n) => order[(n * 8 + seed) % order.length]);
    const kind = kinds[number];
    if (kind === 'batch') {
      for (let i = c.int(2, 3); i > 0; i--) {
        mark('\x02');
        log.error(`confirmation for reservation ${c.int(1000, 9999)} not sent: ${c.pick(['mailbox full', 'no such domain', 'timeout'])}`);
        mark('\x03');
      }
      continue;
    }
    mark('\x02');
    if (kind === 'die') await die((kinds.filter((x) => x === 'die').length + seed) % 6, c);
    else if (kind === 'line') await line(c);
    else await traced(kind, c);
    mark('\x03');
  }
  work(chanceOf(999));
  fs.writeFileSync(stateFile, 'done');
}

main();
