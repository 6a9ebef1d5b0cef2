<?php
// What a mail program in PHP prints when it falls; like services.php, written after the code that reads it.
namespace Post;
class Undeliverable extends \DomainException {}
class Box { private int $size = 1; public function put(int $n): int { return $n; } }
function deliver($l) { throw new Undeliverable("$l has no address\n(second try)"); }
function outer() { try { deliver("letter"); } catch (Undeliverable $e) { try { intdiv(1, 0); } catch (\Error $f) { throw new \ErrorException("shut", 1, E_ERROR, "p.php", 3, $e); } } }
switch ($argv[1]) {
    case "thrown": deliver("letter"); break;
    case "chain": outer(); break;
    case "private": echo (new Box())->size; break;
    case "typed": (new Box())->put("many"); break;
    case "class": new Stamp(); break;
    case "constant": echo \STAMP; break;
    case "match": echo match ($argv[1]) { "x" => 1 }; break;
    case "json": json_decode("{", flags: JSON_THROW_ON_ERROR); break;
    case "array": $x = "text"; $x[] = 1; break;
}
