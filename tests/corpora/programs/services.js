// What Node prints when it falls, case by case: the marks (`@@ severity`, `@@ calm`) say what the next lines are.
const fs = require("fs");
const mark = (what) => fs.writeSync(2, `@@ ${what}\n`);
const say = (line) => fs.writeSync(2, line + "\n");
class StockError extends Error {
  constructor(message, options) { super(message, options); this.name = "StockError"; this.code = "E_STOCK"; }
}
function reserve(item) { throw new StockError(`no ${item} left`); }
function order(item) { try { reserve(item); } catch (e) { throw new Error(`order of ${item} failed`, { cause: e }); } }
const level = (name, text) => say(`${new Date().toISOString()} ${name} ${text}`);
const cases = {
  uncaught() { reserve("tea"); },
  cause() { order("tea"); },
  type() { const cart = undefined; return cart.total; },
  reference() { return totl + 1; },
  parse() { JSON.parse('{"tea": '); },
  rejection() { Promise.reject(new StockError("promised tea")); },
  rejectionOfText() { Promise.reject("no tea"); },
  thrownText() { throw "no tea at all"; },
  aggregate() { Promise.any([Promise.reject(new Error("shop A")), Promise.reject(new RangeError("shop B"))]); },
  emitted() { new (require("events"))().emit("error", new Error("till unplugged")); },
  missing() { require("/srv/shop/no-such-module"); },
  assertion() { require("assert").strictEqual(3, 4); },
  refused() { require("net").connect(9, "127.0.0.1"); },
  lines() { throw new Error("shelf A: 3\nshelf B: 0"); },
  syntax() { fs.writeFileSync("/srv/shop/prices.js", "const tea = {\n  price: 3,,\n};\n"); require("/srv/shop/prices.js"); },
  logged() {
    for (const item of ["tea", "coffee", "milk"]) {
      mark("calm");
      level("INFO", `order of ${item} received, no error`);
      level("WARN", `${item} is short`);
      mark("error");
      try { order(item); } catch (e) { level("ERROR", e.stack); }
      mark("error");
      try { reserve(item); } catch (e) { level("ERROR", `could not reserve: ${e.stack}`); }
      mark("error");
      level("ERROR", `${item} given up`);
    }
    mark("calm");
    level("INFO", "0 errors");
  },
  console() {
    for (const item of ["tea", "coffee"]) {
      mark("calm");
      say(`listening on 300${item.length}`);
      mark("error");
      try { order(item); } catch (e) { console.error(e); }
    }
  },
  pino() {
    for (const item of ["tea", "coffee"]) {
      mark("calm");
      say(JSON.stringify({ level: 30, time: Date.now(), pid: 1, msg: `no error with ${item}`, err: null }));
      mark("error");
      try { reserve(item); } catch (e) {
        say(JSON.stringify({ level: 50, time: Date.now(), pid: 1, err: { type: e.name, message: e.message, stack: e.stack }, msg: "failed" }));
      }
      mark("critical");
      say(JSON.stringify({ level: 60, time: Date.now(), pid: 1, msg: "till is gone" }));
    }
  },
};
cases[process.argv[2]]();
