// What a library's program in Node prints when it falls; the third lot, written after the second was mended on.
const fs = require("fs");
const mark = (what) => fs.writeSync(2, `@@ ${what}\n`);
const lend = (book) => { throw Object.assign(new Error(`no ${book}`), { status: 404, shelf: { number: 7 } }); };
const cases = {
  thrown() { lend("Faust"); },
  async later() { await null; lend("Faust"); },
  stream() { fs.createReadStream("/srv/shop/no-book").on("data", () => {}); },
  port() { require("net").createServer().listen(80000); },
  url() { decodeURIComponent("%"); },
  width() { new Array(-1); },
  spawn() { require("child_process").spawn("/srv/shop/no-librarian"); },
  logged() {
    for (const book of ["a", "b", "c"]) {
      mark("calm");
      fs.writeSync(2, `[2026-11-22T10:00:00.000Z] INFO: library/1 on web01: lent ${book}\n`);
      mark("error");
      try { lend(book); } catch (e) { fs.writeSync(2, `[2026-11-22T10:00:00.000Z] ERROR: library/1 on web01: ${e.stack}\n`); }
    }
  },
};
cases[process.argv[2]]();
