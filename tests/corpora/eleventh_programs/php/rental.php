<?php
// Rents skis. Arguments: way, seed, first job, state file.
declare(strict_types=1);

[, $way, $seed, $start, $state] = $argv;
$bare = $way === 'bare';

class RentalException extends RuntimeException {}
interface Bookable { public function book(int $pair): void; }
enum Size: int { case S = 150; case M = 165; }
final class Pair {
    public readonly int $length;
    public function __construct(int $length) { $this->length = $length; }
}

function record(string $level, string $text, ?Throwable $e = null): void {
    global $way;
    $now = new DateTimeImmutable();
    $context = $e ? '' : ['{"desk":' . random(9) . '}', '[]', '{"pair":' . random(900) . ',"shop":"valley"}'][random(3)];
    if ($way === 'psr3') {
        if ($e) {
            $chain = '';
            for ($x = $e; $x; $x = $x->getPrevious()) {
                $chain .= ($chain ? "\n\n[previous exception] " : '') . '[object] (' . get_class($x) . "(code: {$x->getCode()}): {$x->getMessage()} at {$x->getFile()}:{$x->getLine()})\n[stacktrace]\n" . $x->getTraceAsString();
            }
            $context = '{"exception":"' . $chain . "\n\"}";
        }
        $line = '[' . $now->format('Y-m-d\TH:i:s.uP') . '] app.' . strtoupper($level) . ": $text $context []";
    } elseif ($way === 'symfony') {
        $head = '[' . $now->format('Y-m-d\TH:i:s.uP') . '] ' . ($e ? 'request' : 'rental') . '.' . strtoupper($e ? 'critical' : $level);
        $line = $e
            ? "$head: Uncaught PHP Exception " . get_class($e) . ': "' . $e->getMessage() . "\" at {$e->getFile()} line {$e->getLine()} " . json_encode(['exception' => '[object] (' . get_class($e) . "(code: {$e->getCode()}): {$e->getMessage()} at {$e->getFile()}:{$e->getLine()})"], JSON_UNESCAPED_SLASHES) . ' []'
            : "$head: $text $context []";
    } elseif ($way === 'json') {
        $kept = ['message' => $text, 'context' => $e ? ['exception' => ['class' => get_class($e), 'message' => $e->getMessage(), 'code' => $e->getCode(), 'file' => "{$e->getFile()}:{$e->getLine()}", 'trace' => explode("\n", $e->getTraceAsString())]] : ['desk' => random(9)]];
        $line = json_encode($kept + ['level' => ['debug' => 100, 'info' => 200, 'notice' => 250, 'error' => 400, 'critical' => 500][$level], 'level_name' => strtoupper($level), 'channel' => 'rental', 'datetime' => $now->format('c'), 'extra' => []], JSON_UNESCAPED_SLASHES);
    } elseif ($way === 'errorlog') {
        error_log($e ? "[$level] $text: $e" : "[$level] $text");
        return;
    } elseif ($way === 'journal') {
        $line = "[$level] $text" . ($e ? ": $e" : '');
    } else {
        $line = $e ? (string) $e : (in_array($level, ['error', 'critical']) ? "Error: $text" : $text);
    }
    fwrite(STDERR, $line . "\n");
}

function random(int $n): int { return mt_rand(0, $n - 1); }
function one(string ...$of): string { return $of[random(count($of))]; }
function mark(string $byte): void { global $way; file_put_contents($way === 'errorlog' ? ini_get('error_log') : 'php://stderr', "$byte\n", FILE_APPEND); }

function ordinary(): void {
    $n = 100 + random(9000);
    $lines = [
        ['info', "pair $n rented for " . ($n % 7 + 1) . ' days'],
        ['info', "pair $n returned at desk " . $n % 9],
        ['info', 'stock counted, 0 errors'],
        ['info', 'GET /help/exceptions.html 200'],
        ['info', 'card terminal answered after 1 retry'],
        ['debug', 'booking state {"error": null}'],
        ['info', 'no errors found in the price list'],
        ['notice', 'shop closes in ' . $n % 60 . ' min'],
        ['info', "boots $n dried"],
    ];
    shuffle($lines);
    $lines = array_slice($lines, 0, 2 + random(3));
    usort($lines, fn ($a, $b) => ($b[0] === 'notice') <=> ($a[0] === 'notice'));
    foreach ($lines as $line) record(...$line);
}

function price(int $days): float { if ($days > 30) throw new RentalException("cannot rent for $days days"); return 41.0 * $days; }
function book(string $pair): void {
    try { price(31 + random(9)); } catch (RentalException $e) { throw new LogicException("booking of pair $pair failed", random(500), $e); }
}
function caught(string $text, Closure $work): Closure {
    return function () use ($text, $work) { try { $work(); } catch (Throwable $e) { record('error', $text, $e); } };
}

$kinds = [
    caught('Rental failed', fn () => price(31 + random(60))),
    caught('Booking failed', fn () => book((string) random(900))),
    caught('Price not computed', fn () => intdiv(41, 0 * random(9))),
    caught('Receipt not read', fn () => json_decode(one('{"pair":', 'x', '[1,'), flags: JSON_THROW_ON_ERROR)),
    caught('Customer not found', function () { $none = null; $none->name(); }),
    caught('Size not known', fn () => Size::from(170 + random(20))),
    caught('Days not valid', fn () => price(one('two', 'a week'))),
    caught('Pair not changed', function () { $pair = new Pair(165); $pair->length = 170; }),
    caught('Date not valid', fn () => new DateTimeImmutable(one('30. Schnee', 'next snow'))),
    caught('Stock not loaded', fn () => new SplFileObject('/srv/rental/stock' . random(9) . '.csv')),
    caught('Class not found', fn () => new SkiBinding(random(9))),
    caught('Function not found', fn () => wax_ski(random(9))),
    caught('Desk not matched', fn () => match (random(3)) { 7 => 'valley' }),
    caught('Rows not filled', fn () => array_combine([1, 2], [random(9)])),
    caught('Stack of helmets failed', fn () => (new SplStack())->pop()),
    fn () => record('error', one('Failed to charge card: terminal offline', 'Cannot connect to database: Connection refused', 'Mail to customer ' . random(900) . ' could not be sent: timeout')),
    fn () => record('error', 'Printer failed: out of paper'),
    fn () => record('critical', 'Disk full, no rental can be stored'),
];
$deaths = [
    fn () => throw new RentalException('no ski is left in size ' . (150 + random(30))),
    fn () => book('last'),
    fn () => undefined_desk(),
    fn () => str_repeat('ski', 40_000_000),
    fn () => Pair::open(),
    fn () => (function (int $n) { return $n; })('three'),
    fn () => strlen(),
    fn () => 5 % (0 * random(3)),
];

$jobs = [...$kinds, ...$kinds, ...$deaths];
mt_srand((int) $seed);
shuffle($jobs);
mt_srand((int) $seed * 1000 + (int) $start);
record('info', 'rental started');
for ($i = (int) $start; $i < count($jobs); $i++) {
    file_put_contents($state, (string) $i);
    ordinary();
    mark("\2");
    $jobs[$i]();
    mark("\3");
}
ordinary();
file_put_contents($state, 'done');
