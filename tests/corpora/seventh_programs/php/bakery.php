<?php
// A bakery's orders of PHP's own extensions alone: what PHP says itself goes where its settings send it.
namespace Bakery;

[, $way, $mode, $seed] = $argv;
mt_srand((int) $seed);
$ordinary = file('../ordinary.txt', FILE_IGNORE_NEW_LINES);
$bare = $way === 'bare' || $way === 'journal';

function number(): int { return mt_rand(1000, 9999); }
function mark(string $byte): void { fwrite(STDERR, "$byte\n"); }

function healthy(): void
{
    global $ordinary, $bare, $way;
    for ($n = [0, 1, 1, 2, 3, 5][mt_rand(0, 5)]; $n > 0; $n--) {
        $line = str_replace('\n', "\n", preg_replace('/^W /', '', $ordinary[mt_rand(0, count($ordinary) - 1)]));
        if ($bare || str_contains($line, "\n") || ($way === 'mixed' && mt_rand(0, 1))) {
            fwrite(STDOUT, "$line\n");
        } else {
            error_log($line);
        }
    }
}

class OrderException extends \RuntimeException {}
final class OvenBroken extends OrderException
{
    public function __construct(int $oven, ?\Throwable $previous = null)
    {
        parent::__construct("Ofen $oven „Süd“ ist kaputt ☠", 7, $previous);
    }
}

final class Dough
{
    public ?Dough $next = null;
    private int $weight;
    public readonly int $salt;
    public function __construct(public string $name) { $this->salt = 3; }
    public function weigh(): int { return $this->weight; }
    private function knead(): void {}
    public function fold(int $n): int { return $n === 0 ? $this->next->weigh() : $this->fold($n - 1); }
    public function typed(int $grams): int { return $grams; }
}

enum Kind: string { case Bread = 'bread'; }

function chained(): void
{
    try {
        (new Dough('rye'))->fold(1);
    } catch (\Error $e) {
        throw new OrderException('order ' . number() . ' not baked', 0, $e);
    }
}

function thrice(): void
{
    try {
        chained();
    } catch (OrderException $e) {
        throw new OvenBroken(number(), $e);
    }
}

$thrown = [
    'null_call' => fn () => (new Dough('rye'))->next->weigh(),
    'deep' => fn () => (new Dough('rye'))->fold(mt_rand(2, 9)),
    'uninitialized' => fn () => (new Dough('rye'))->weigh(),
    'private' => fn () => (new Dough('rye'))->knead(),
    'readonly' => function () { $d = new Dough('rye'); $d->salt = 4; },
    'undefined_method' => fn () => (new Dough('rye'))->slice(),
    'undefined_function' => fn () => bake_all(number()),
    'undefined_class' => fn () => new \Bakery\Plugin\Cake(),
    'undefined_constant' => fn () => OVENS,
    'type' => fn () => (new Dough('rye'))->typed('a lot'),
    'count' => fn () => (new Dough('rye'))->typed(),
    'value' => fn () => array_combine([1, 2], [1]),
    'internal_type' => fn () => strlen([number()]),
    'divide' => fn () => intdiv(number(), 0),
    'modulo' => fn () => number() % 0,
    'enum' => fn () => Kind::from('cake' . number()),
    'match' => fn () => match (number()) { 1 => 'one' },
    'json' => fn () => json_decode('{"id": ' . number() . ', "name": }', false, 9, JSON_THROW_ON_ERROR),
    'date' => fn () => new \DateTime('31st of never'),
    'interval' => fn () => new \DateInterval('P' . number() . 'X'),
    'pdo' => fn () => new \PDO('sqlite:/none/bakery.db'),
    'chained' => chained(...),
    'thrice' => thrice(...),
    'lines' => fn () => throw new OrderException('order ' . number() . " not valid:\n  - name: missing\n  - pieces: -3"),
    'long' => fn () => throw new OrderException('cannot save ' . json_encode(array_map(fn ($n) => ['id' => $n, 'n' => number(), 'tags' => ['a', 'ö']], range(1, 60)))),
    'own' => fn () => throw new OvenBroken(number()),
    'reflection' => fn () => new \ReflectionMethod('Bakery\Dough', 'burn' . number()),
    'iterator' => fn () => new \DirectoryIterator('/none/' . number()),
    'parse' => fn () => eval('$price = (12 + ;'),
    'array_offset' => function () { $a = 'text'; $a[] = 'x'; },
    'generator' => function () { $g = (fn () => yield 1)(); foreach ($g as $x); foreach ($g as $x); },
    'argument_order' => fn () => number(1, ...['x' => 1], ...['x' => 2]),
    'closed' => function () { $f = tmpfile(); fclose($f); fwrite($f, 'x'); },
    'serialize' => fn () => serialize(fn () => 1),
];
$warned = [
    'fopen' => fn () => fopen('/srv/bakery/' . number() . '.csv', 'r'),
    'get' => fn () => file_get_contents('/none/at/all'),
    'include' => fn () => include 'plugins/cake' . number() . '.php',
    'mkdir' => fn () => mkdir('/proc/none/x'),
    'socket' => fn () => stream_socket_client('tcp://127.0.0.1:1', $code, $text, 1),
    'unserialize' => fn () => unserialize('garbage'),
    'key' => function () { $a = ['a' => 1]; return $a['price' . number()]; },
    'variable' => fn () => $flour + 1,
    'property' => fn () => (new Dough('rye'))->colour,
    'to_string' => fn () => 'order ' . [1, 2],
    'numeric' => fn () => '12 loaves' + number(),
    'regexp' => fn () => preg_match('/(bread/', 'x'),
    'simplexml' => fn () => file('/none/' . number()),
    'trigger' => fn () => trigger_error('flour below ' . number() . ' g, ovens stop', E_USER_ERROR_OR_WARNING),
];
define('Bakery\E_USER_ERROR_OR_WARNING', E_USER_WARNING);
// No function of PHP's own failed: these are warnings of the program's text, and no failures.
$spoken = ['unserialize', 'key', 'variable', 'property', 'to_string', 'numeric', 'trigger'];
$logged = [
    'plain' => fn () => error_log('ERROR: order ' . number() . ' not stored: database is locked'),
    'plain_lines' => fn () => error_log('error: order ' . number() . " refused\n  pieces: 0\n  card: expired"),
    'thrown' => function () { try { thrice(); } catch (\Throwable $e) { error_log((string) $e); } },
    'told' => function () { try { chained(); } catch (\Throwable $e) { error_log('Error: ' . $e->getMessage() . ' in ' . $e->getFile() . ':' . $e->getLine() . "\n" . $e->getTraceAsString()); } },
    'short' => function () { try { chained(); } catch (\Throwable $e) { error_log(get_class($e) . ': ' . $e->getMessage()); } },
];
if ($mode === 'serve') {
    $all = [...array_keys($thrown), ...array_keys($warned), ...array_keys($logged), 'thrice', 'plain', 'chained'];
    for ($at = count($all) - 1; $at > 0; $at--) {
        $other = mt_rand(0, $at);
        [$all[$at], $all[$other]] = [$all[$other], $all[$at]];
    }
    foreach ($all as $name) {
        healthy();
        $fails = !in_array($name, $spoken);
        if ($fails) mark("\2");
        if (isset($thrown[$name])) {
            try {
                $thrown[$name]();
            } catch (\Throwable $e) {
                error_log(mt_rand(0, 1) ? (string) $e : "$name of " . number() . " failed: $e");
            }
        } else {
            ($warned[$name] ?? $logged[$name])();
        }
        if ($fails) mark("\3");
    }
    healthy();
} else {
    healthy();
    mark("\2");
    if ($mode === 'memory') {
        for ($all = '';; $all .= str_repeat('x', 1 << 20));
    } elseif ($mode === 'time') {
        set_time_limit(1);
        for (;;);
    } elseif ($mode === 'recursion') {
        $f = function ($n) use (&$f) { return $f($n + 1) + 1; };
        $f(0);
    } elseif ($mode === 'user_error') {
        trigger_error('no ovens left', E_USER_ERROR);
    } elseif ($mode === 'abstract') {
        eval('abstract class Pie { abstract function fill(); } class Apple extends Pie {}');
    } elseif ($mode === 'twice') {
        eval('namespace Bakery; function number() {}');
    } elseif ($mode === 'require') {
        require 'plugins/cake.php';
    } else {
        $thrown[$mode]();
    }
}
