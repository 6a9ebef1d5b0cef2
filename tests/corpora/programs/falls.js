// Falls as Node programs fall: by argument, one way each.
const fs = require("fs");
const net = require("net");
const way = process.argv[2];

const say = {
  plain: (message) => console.error(`${new Date().toISOString()} info: ${message}`),
  bracket: (message) => console.error(`[${new Date().toISOString()}] [INFO] shop - ${message}`),
  json: (message) => console.error(JSON.stringify({ level: 30, time: Date.now(), pid: process.pid, msg: message })),
};
const calm = way.startsWith("json") ? say.json : way.startsWith("bracket") ? say.bracket : say.plain;

class ChargeFailed extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "ChargeFailed";
    this.order = 4711;
  }
}
function parse(text) { return JSON.parse(text); }
function charge(order) {
  try {
    return parse(order.amount);
  } catch (cause) {
    throw new ChargeFailed("order 4711 cannot be charged", { cause });
  }
}
function caught(fail) {
  try {
    fail();
  } catch (error) {
    return error;
  }
  throw new Error("did not fall");
}
const again = (depth) => again(depth + 1) + 1;
const missing = () => fs.readFileSync("/etc/shop/missing.json");
const pino = (level, msg, err) =>
  console.error(
    JSON.stringify({
      level, time: Date.now(), pid: process.pid, hostname: "web01",
      err: err && { type: err.name, message: err.message, stack: err.stack }, msg,
    }),
  );

calm("cart 17 was opened");
const ways = {
  missing,
  chained: () => charge({ amount: "{four" }),
  undefined: () => undefined.total,
  reference: () => till.open(),
  range: () => new Array(-1),
  stack: () => again(0),
  text: () => { throw "the till is gone"; },
  syntax: () => require("vm").runInThisContext("function total( { return 1 }", { filename: "total.js" }),
  json: () => parse("{ four: }"),
  assertion: () => require("assert").strictEqual(3, 4),
  deep: () => require("assert").deepStrictEqual({ tea: 3, milk: [1] }, { tea: 4, milk: [1] }),
  multiline: () => { throw new Error("the bank said:\n  code 12\n  declined"); },
  module: () => require("./missing-module"),
  rejected: () => { Promise.reject(new ChargeFailed("nobody waits")); },
  "rejected-text": () => { Promise.reject("nobody waits"); },
  aggregate: () => Promise.any([Promise.reject(new Error("bank one")), Promise.reject(new TypeError("bank two"))]),
  refused: () => net.connect(9, "127.0.0.1"),
  emitter: () => new (require("events"))().emit("error", new ChargeFailed("no listener")),
  timer: () => { setTimeout(missing, 1); },
  printed: () => {
    console.error(caught(missing));
    calm("cart 18 was opened");
    console.error(caught(() => charge({ amount: "{four" })));
    calm("cart 19 was opened");
    console.error(new AggregateError([new Error("bank one"), new RangeError("bank two")], "no bank answers"));
    calm("cart 17 was closed");
  },
  "bracket-logged": () => {
    const error = (message, cause) => console.error(`[${new Date().toISOString()}] [ERROR] shop - ${message}`, cause);
    error("order 4711 failed", caught(() => charge({ amount: "{four" })));
    calm("cart 18 was opened");
    error("no settings:", caught(missing));
    calm("cart 19 was opened");
    error("the bank does not answer", { code: "ETIMEDOUT", tries: 3 });
    calm("cart 17 was closed");
  },
  "json-logged": () => {
    pino(50, "order failed", caught(() => charge({ amount: "{four" })));
    calm("cart 18 was opened");
    pino(60, "giving up");
    calm("cart 19 was opened");
    pino(50, "no settings", caught(missing));
    calm("cart 17 was closed");
  },
  "calm-json": () => {
    pino(30, "no error found");
    console.error(JSON.stringify({ level: "info", msg: "charged", error: null, errors: 0, stack: "" }));
    pino(40, "slow", new Error("only a warning"));
  },
};
ways[way]();
