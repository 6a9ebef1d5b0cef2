<?php
// A museum's ticket desk: it sells slots, prints badges, counts visitors, and fails in the ways such a worker fails.
declare(strict_types=1);

namespace Museum;

[, $way, $seed, $start, $state] = $argv;
$seed = (int) $seed;

const HALLS = ['Egyptian hall', 'West wing', 'Salle Güell', '青铜器馆', 'Dinosaurs', 'Café & shop', 'Sculpture court'];
const LINES = ['no connection to the card terminal at 10.6.0.{o}:8030, gave up after 3 attempts', 'Failed to print badge {n}: printer out of paper',
    'slot {n} of {h} is oversold', 'invalid voucher {n}', 'cannot write /srv/museum/counts/{n}.csv: disk quota exceeded', '订单 {n} 支付失败',
    'Could not send tickets of order {n}: SMTP error 451'];
const MULTI = ["order {n} rejected:\n  - slot {o}: no seats left\n  - voucher {n}: expired", "count of {h} failed\n  sensor {o}: silent\n  sensor {o}: negative value"];
const TOLD = ['could not sell slot {n}', 'order {n} failed', 'Error while counting {h}', 'unexpected exception, order {n} rolled back', '处理订单 {n} 时出错'];
const WORK = ['order {n} paid', 'slot {n} of {h} opened, {o} seats', '{o} visitors in {h}', 'count finished: ok={n} failed=0', 'no errors in voucher list {n}',
    'terminal answered at attempt 2', 'GET /orders/{n}/exceptions 200', 'badge {n} printed', '订单 {n} 已出票', 'checked {n} tickets, 0 errors', 'sync done, error=none'];
const WARNED = ['{h} is {o}% full', 'voucher list is {o} days old', 'terminal {o} is slow: {n} ms'];

function pick(array $of): mixed { return $of[mt_rand(0, count($of) - 1)]; }
function number(int $from, int $to): int { return mt_rand($from, $to); }
function filled(string $text): string {
    return preg_replace_callback('/\{(\w)\}/', fn($m) => match ($m[1]) { 'h' => pick(HALLS), 'n' => (string) number(1000, 99999), default => (string) number(2, 90) }, $text);
}

class TicketException extends \RuntimeException {}
class SoldOut extends TicketException {
    public function __construct(string $hall, int $seats) { parent::__construct("$hall has no $seats seats left", 409); }
}
class PaymentFailed extends TicketException {}

// what it does
class Slot {
    public ?array $seats = null;
    public function sell(int $count): int { if ($count > 0) throw new SoldOut(pick(HALLS), $count); return $count; }
}
class Desk {
    public function __construct(private Slot $slot = new Slot()) {}
    public function order(int $count): int { return $this->slot->sell($count); }
    public function pay(int $order): void {
        try { $this->order(number(1, 9)); } catch (SoldOut $e) { throw new PaymentFailed("payment of order $order cancelled", 0, $e); }
    }
    public function settle(): void {
        try { $this->pay(number(1000, 9999)); } catch (PaymentFailed $e) { throw new \LogicException('day not closed', 3, $e); }
    }
}
function sold(): void { (new Desk())->order(number(1, 30)); }
function paid(): void { (new Desk())->pay(number(1000, 9999)); }
function settled(): void { (new Desk())->settle(); }
function typed(): void { $count = 'two'; (new Desk())->order($count); }
function divided(): void { $days = 0; intdiv(number(10, 99), $days); }
function modulo(): void { $gates = 0; print number(10, 99) % $gates; }
function nulled(): void { $slot = null; $slot->sell(2); }
function undefined(): void { print_badge(number(1, 9)); }
function method(): void { (new Desk())->refund(number(1, 99)); }
function className(): void { new \Museum\Print\Badge(); }
function json(): void { json_decode('{"order": ' . number(1, 99) . ', ', true, 5, JSON_THROW_ON_ERROR); }
function matched(): void { print match (number(10, 99)) { 1 => 'adult', 2 => 'child' }; }
function dated(): void { new \DateTimeImmutable('2026-13-' . number(40, 90)); }
function argument(): void { array_combine([1, 2], [number(1, 9)]); }
function arity(): void { (fn(int $a, int $b) => $a + $b)(number(1, 9)); }
function constant(): void { print Desk::SEATS; }
function several(): void { throw new TicketException(filled("group {n} cannot enter:\n  {h}: closed\n  {h}: full")); }
function chinese(): void { throw new TicketException(filled('场次 {n} 座位不足')); }
function recursive(int $n): int { return $n ? recursive($n - 1) : (new Slot())->sell(1); }
function deep(): void { recursive(number(6, 30)); }
function mapped(): void { array_map(fn(int $x) => (new Desk())->order($x), [number(1, 9), 2]); }
function readonly_(): void { $v = new class(4) { public function __construct(public readonly int $n) {} }; $v->n = 5; }
function memory(): void { $all = []; while (true) $all[] = str_repeat('seat', 1 << 16) . count($all); }
function parsed(): void { eval('$prices = ["adult" => 12, "child" => ;'); }
function slow(): void { set_time_limit(1); while (true) { } }
function asserted(): void { throw new \AssertionError('assert($seats >= 0)'); }
function required(): void { require '/srv/museum/config/prices' . number(1, 9) . '.php'; }

const RAISING = ['sold', 'paid', 'settled', 'typed', 'divided', 'modulo', 'nulled', 'undefined', 'method', 'className', 'json', 'matched', 'dated', 'argument',
    'arity', 'constant', 'several', 'chinese', 'deep', 'mapped', 'readonly_', 'parsed', 'asserted'];
const DEATHS = ['sold', 'paid', 'settled', 'typed', 'divided', 'nulled', 'undefined', 'className', 'json', 'matched', 'several', 'chinese', 'deep', 'memory',
    'parsed', 'slow', 'constant', 'mapped'];

// how it is logged
function out(string $line): void { fwrite(STDERR, $line . "\n"); }

function one(\Throwable $e): string { return sprintf('[object] (%s(code: %d): %s at %s:%d)', $e::class, $e->getCode(), $e->getMessage(), $e->getFile(), $e->getLine()); }
function plain(\Throwable $e): array {
    $told = ['class' => $e::class, 'message' => $e->getMessage(), 'code' => $e->getCode(), 'file' => $e->getFile() . ':' . $e->getLine(),
        'trace' => array_map(fn($f) => ($f['file'] ?? '[internal]') . ':' . ($f['line'] ?? 0), $e->getTrace())];
    if ($e->getPrevious()) $told['previous'] = plain($e->getPrevious());
    return $told;
}

function logged(string $level, string $text, ?\Throwable $e = null): void {
    global $way;
    $high = strtoupper($level);
    switch ($way) {
        case 'monolog':
            // LineFormatter with its stack traces and line breaks allowed
            $context = '[]';
            if ($e) {
                $context = '{"exception":"' . one($e) . "\n[stacktrace]\n" . $e->getTraceAsString() . "\n";
                for ($p = $e->getPrevious(); $p; $p = $p->getPrevious()) $context .= "\n[previous exception] " . one($p) . "\n[stacktrace]\n" . $p->getTraceAsString() . "\n";
                $context .= '"}';
            }
            out('[' . (new \DateTimeImmutable())->format('Y-m-d\TH:i:s.uP') . "] museum.$high: $text $context []");
            break;
        case 'yii':
            out(date('Y-m-d H:i:s') . ' [-][-][-][' . $level . ']' . ($e ? '[' . $e::class . "] $text: $e" : "[museum\\desk] $text"));
            break;
        case 'errorlog':
            error_log(($level === 'info' ? '' : "$high: ") . $text . ($e ? ($e->getPrevious() || mt_rand(0, 1) ? "\n$e" : ': ' . $e->getMessage() . ' in ' . $e->getFile() . ':' . $e->getLine()) : ''));
            break;
        case 'stderr':
            out(($level === 'error' ? 'ERROR: ' : '') . $text . ($e ? ": $e" : ''));
            break;
        case 'journal':
            out("museum.$high: $text" . ($e ? "\n$e" : ''));
            break;
        default:
            $context = $e ? ['exception' => plain($e)] : ($level === 'info' && mt_rand(0, 3) === 0 ? ['error' => null] : []);
            out(json_encode(['message' => $text, 'context' => (object) $context, 'level' => ['info' => 200, 'warning' => 300, 'error' => 400][$level], 'level_name' => $high,
                'channel' => 'museum', 'datetime' => (new \DateTimeImmutable())->format('Y-m-d\TH:i:s.uP'), 'extra' => (object) []], JSON_UNESCAPED_SLASHES | ($GLOBALS['seed'] % 2 ? JSON_UNESCAPED_UNICODE : 0)));
    }
}

function work(): void {
    global $way;
    for ($i = number(2, 4); $i > 0; $i--) {
        if (number(0, 9) === 0 && $way !== 'stderr') logged('warning', filled(pick(WARNED)));
        else logged('info', filled(pick(WORK)));
    }
}

mt_srand($seed);
$todo = [...array_map(fn($x) => ['raised', $x], RAISING), ...array_map(fn($x) => ['die', $x], DEATHS), ...array_fill(0, 6, ['line', '']), ...array_fill(0, 2, ['lines', '']), ['exit', '']];
shuffle($todo);
for ($i = (int) $start; $i < count($todo); $i++) {
    mt_srand($seed * 1000 + $i);
    file_put_contents($state, (string) $i);
    work();
    out("\2");
    [$how, $what] = $todo[$i];
    if ($how === 'line') logged('error', filled(pick(LINES)));
    elseif ($how === 'lines') logged('error', filled(pick(MULTI)));
    elseif ($how === 'die') ("Museum\\$what")();
    elseif ($how === 'exit') { out(filled('museum: fatal error: cannot lock /run/museum.{o}.pid: Resource temporarily unavailable')); exit(1); }
    else {
        try { ("Museum\\$what")(); } catch (\Throwable $e) { logged('error', filled(pick(TOLD)), $e); }
    }
    out("\3");
}
work();
file_put_contents($state, 'done');
