// Prints what Node prints: a logged error with fields, an aggregate, an uncaught one.
const fs = require("fs");
try { fs.readFileSync("/etc/shop/missing.json"); } catch (e) { console.error(e); }
console.log("--");
console.error(new Error("order 4711 failed", { cause: new TypeError("id is not a number") }));
console.log("--");
function charge(order) { throw new RangeError("amount out of range: " + order.amount); }
charge({ amount: -3 });
