<?php
// What PHP prints when it falls, case by case: the marks (`@@ severity`, `@@ calm`) say what the next lines are.
function mark($what) { fwrite(STDERR, "@@ $what\n"); }
class StockException extends RuntimeException {}
function reserve($item) { throw new StockException("no $item left"); }
function order($item) {
    try { reserve($item); } catch (StockException $e) { throw new LogicException("cannot order $item", 7, $e); }
}
function logged() {
    foreach (["tea", "coffee", "milk"] as $item) {
        mark("calm");
        error_log("order of $item received");
        mark("critical");
        try { order($item); } catch (Exception $e) { error_log("PHP Fatal error:  Uncaught " . $e . "\n  thrown"); }
    }
}
switch ($argv[1]) {
    case "uncaught": reserve("tea"); break;
    case "previous": order("tea"); break;
    case "undefined": totl(); break;
    case "type": strlen([]); break;
    case "method": (new ArrayObject())->charge(); break;
    case "null": $cart = null; $cart->total(); break;
    case "zero": echo intdiv(7, 0); break;
    case "memory": ini_set("memory_limit", "4M"); $all = str_repeat("tea", 1 << 24); break;
    case "require": @require "/srv/shop/missing.php"; break;
    case "arguments": reserve(); break;
    case "parse": file_put_contents("/srv/shop/prices.php", "<?php\n\$tea = [1, ;\n"); require "/srv/shop/prices.php"; break;
    case "logged": logged(); break;
}
