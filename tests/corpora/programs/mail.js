// What a mail program in Node prints when it falls; like services.js, written after the code that reads it.
const fs = require("fs");
const mark = (what) => fs.writeSync(2, `@@ ${what}\n`);
const say = (line) => fs.writeSync(2, line + "\n");
class Undeliverable extends Error {}
const deliver = (letter) => { throw new Undeliverable(`${letter} has no address`); };
const cases = {
  thrown() { deliver("letter"); },
  async awaited() { await new Promise((done) => setTimeout(done, 5)); deliver("postcard"); },
  timer() { setTimeout(() => deliver("parcel"), 1); },
  file() { fs.readFileSync("/srv/shop/no-letters"); },
  argument() { Buffer.alloc("ten"); },
  deep() { const down = (n) => down(n + 1) + 1; down(0); },
  frozen() { "use strict"; Object.freeze([1]).push(2); },
  calling() { const post = {}; post.send(); },
  link() { new URL("no link"); },
  json() { JSON.parse("<html>"); },
  big() { BigInt("four"); },
  chain() { try { deliver("a"); } catch (a) { try { throw new TypeError("b", { cause: a }); } catch (b) { throw new Error("c", { cause: b }); } } },
  async rejected() { throw new RangeError("weight out of range"); },
  child() { require("child_process").execFileSync("/srv/shop/no-postman"); },
  winston() {
    for (const letter of ["a", "b", "c"]) {
      mark("calm");
      say(`2026-11-22 10:00:00 [info]: letter ${letter} taken up`);
      mark("error");
      try { deliver(letter); } catch (e) { say(`2026-11-22 10:00:00 [error]: ${e.message} ${e.stack}`); }
      mark("error");
      say(`2026-11-22 10:00:00 [error]: letter ${letter} lost`);
    }
  },
  bunyan() {
    for (const letter of ["a", "b"]) {
      mark("calm");
      say(JSON.stringify({ name: "mail", hostname: "web01", pid: 1, level: 30, msg: `error-free ${letter}`, time: "2026-11-22T10:00:00Z", v: 0 }));
      mark("error");
      try { deliver(letter); } catch (e) {
        say(JSON.stringify({ name: "mail", hostname: "web01", pid: 1, level: 50, err: { message: e.message, stack: e.stack }, msg: e.message, time: "2026-11-22T10:00:00Z", v: 0 }));
      }
    }
  },
};
cases[process.argv[2]]();
