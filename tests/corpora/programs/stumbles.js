// Falls in other ways than `falls.js`, and logs as winston and bunyan lay out their lines.
const way = process.argv[2];
const stamp = "2026-11-22T10:01:02.123Z";
const layouts = {
  winston: (level, message) => `${stamp} [${level}]: ${message}`,
  labelled: (level, message) => `${stamp} [shop] ${level}: ${message}`,
  bunyan: (level, message, error) =>
    JSON.stringify({ name: "shop", hostname: "web01", pid: 4711, level: level === "error" ? 50 : 30, msg: message, err: error && { message: error.message, name: error.name, stack: error.stack }, time: stamp, v: 0 }),
  nest: (level, message) => `[Nest] 4711  - 11/22/2026, 10:01:02 AM   ${level === "error" ? "ERROR" : "  LOG"} [Teller] ${message}`,
};
const layout = layouts[way] || layouts.winston;
const say = (level, message, error) => {
  console.error(layout(level, message, error));
  if (error && way !== "bunyan") console.error(error.stack);
};

class BankError extends Error {
  constructor(bank, options) {
    super(`bank ${bank} is down`, options);
    this.bank = bank;
    this.tries = [1, 2, 3];
  }
}
const ask = (bank) => { throw new BankError(bank, { cause: new Error("timeout", { cause: new RangeError("5 s") }) }); };
const caught = (fail) => {
  try {
    return fail();
  } catch (error) {
    return error;
  }
};
async function pay() {
  await null;
  ask("one");
}
const ways = {
  bank: () => ask("one"),
  async: () => pay(),
  "async-later": () => setImmediate(() => pay()),
  bigint: () => 1n + 1,
  frozen: () => { "use strict"; Object.freeze([1]).push(2); },
  uri: () => decodeURIComponent("%"),
  regexp: () => new RegExp("(tea"),
  symbol: () => `${Symbol("tea")}`,
  object: () => { throw { code: 12, reason: "declined" }; },
  nothing: () => { throw null; },
  "rejected-object": () => Promise.reject({ code: 12 }),
  import: () => import("./missing.mjs"),
  buffer: () => Buffer.alloc(-1),
  url: () => new URL("not a url"),
  listen: () => require("net").createServer().listen(9).listen(70000),
  iterate: () => { const [first] = undefined; return first; },
  suppressed: () => { throw new AggregateError([new BankError("one"), new TypeError("two")], "both"); },
};
say("info", "cart 17 was opened");
if (ways[way]) ways[way]();
else {
  say("error", "payment 12 failed", caught(() => ask("one")));
  say("info", "cart 18 was opened");
  say("error", "no order", caught(() => JSON.parse("[1,")));
  say("info", "cart 19 was opened");
  say("error", "the queue is full");
  say("info", "cart 17 was closed");
}
