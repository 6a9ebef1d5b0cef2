<?php
// A hotel's booking worker: takes jobs from a queue, logs the ones that fail and goes on, and sometimes dies.
declare(strict_types=1);

namespace App\Booking;

[, $way, $seed, $start, $state] = $argv;
$GLOBALS['way'] = $way;

class PaymentFailed extends \RuntimeException {}
class RoomUnavailable extends \DomainException {}
final class Guest { public string $email; public readonly int $id; public function __construct(int $id) { $this->id = $id; } public function rename(string $name): void {} }
abstract class Channel { abstract public function push(): void; }
interface Rate { const CURRENCY = 'EUR'; }
enum Status: string { case Open = 'open'; case Paid = 'paid'; }

function mark(string $byte): void { file_put_contents('php://stderr', "$byte\n"); }
function begin(): void { mark("\2"); }
function finish(): void { mark("\3"); }
function number(): int { return mt_rand(10000, 99999); }
function pick(array $list): mixed { return $list[mt_rand(0, count($list) - 1)]; }
function put(string $text): void { file_put_contents('php://stderr', $text); }

/** The layouts that teams use: Laravel's, Symfony's on the console, JSON as Monolog has it, and error_log(). */
function say(string $level, string $text, ?\Throwable $error = null): void
{
    $at = (new \DateTimeImmutable())->format('Y-m-d\TH:i:s.uP');
    switch ($GLOBALS['way']) {
        case 'laravel':
            $context = '';
            if ($error) {
                $context = ' {"exception":"[object] (' . get_class($error) . '(code: ' . $error->getCode() . '): ' . $error->getMessage() . ' at '
                    . $error->getFile() . ':' . $error->getLine() . ")\n[stacktrace]\n" . $error->getTraceAsString() . "\n\"} ";
            }
            put('[' . date('Y-m-d H:i:s') . "] production.$level: $text$context\n");
            return;
        case 'json':
            $entry = ['message' => $text, 'context' => (object) [], 'level_name' => $level, 'channel' => 'booking', 'datetime' => $at];
            if ($error) {
                $entry['context'] = ['exception' => ['class' => get_class($error), 'message' => $error->getMessage(), 'code' => $error->getCode(),
                    'file' => $error->getFile() . ':' . $error->getLine(), 'trace' => explode("\n", $error->getTraceAsString())]];
            }
            put(json_encode($entry, JSON_UNESCAPED_SLASHES) . "\n");
            return;
        case 'monolog':
            put("[$at] booking.$level: $text" . ($error ? ' ' . json_encode(['exception' => (string) $error], JSON_UNESCAPED_SLASHES) : ' []') . " []\n");
            return;
        default:
            $level === 'INFO' && $GLOBALS['way'] !== 'errorlog' ? put("$text\n") : error_log(($level === 'INFO' ? '' : "$level: ") . $text . ($error ? ": $error" : ''));
    }
}

function refused(): void { @stream_socket_client('tcp://127.0.0.1:9', $code, $text, 2) or throw new PaymentFailed("cannot reach the payment gateway: $text", $code); }
function charge(int $booking): void { try { refused(); } catch (PaymentFailed $e) { throw new \LogicException("booking $booking could not be charged", 17, $e); } }
function nightly(): void { try { charge(number()); } catch (\LogicException $e) { throw new \RuntimeException('nightly run stopped', 0, $e); } }
class Pipeline
{
    public function handle(int $left, callable $next): mixed { return $left ? $this->through($left - 1, $next) : $next(); }
    private function through(int $left, callable $next): mixed { return array_map(fn ($x) => $this->handle($x, $next), [$left])[0]; }
}

$failures = [
    'null' => fn () => (fn (?Guest $g) => $g->rename('x'))(null),
    'method' => fn () => (new Guest(1))->remove(),
    'function' => fn () => \App\Booking\send_voucher(number()),
    'class' => fn () => new \App\Booking\Voucher(),
    'type' => fn () => (new Guest(1))->rename(number()),
    'return' => fn () => (function (): int { return 'two'; })(),
    'few' => fn () => (new Guest(1))->rename(),
    'zero' => fn () => intdiv(number(), 0),
    'modulo' => fn () => number() % 0,
    'json' => fn () => json_decode(pick(['{"room": ', '[1,', '<html>']), false, 512, JSON_THROW_ON_ERROR),
    'refused' => refused(...),
    'charge' => fn () => charge(number()),
    'nightly' => nightly(...),
    'unavailable' => fn () => throw new RoomUnavailable('room ' . mt_rand(100, 499) . ' is not free on 2026-12-24'),
    'uninitialised' => fn () => (new Guest(1))->email,
    'readonly' => function () { $g = new Guest(1); $g->id = 2; },
    'abstract' => fn () => new Channel(),
    'constant' => fn () => Rate::VAT,
    'enum' => fn () => Status::from('cancelled'),
    'date' => fn () => new \DateTimeImmutable(pick(['2026-13-40', 'next blurday'])),
    'match' => fn () => match (number()) { 1 => 'single', 2 => 'double' },
    'pdo' => fn () => new \PDO('mysql:host=127.0.0.1;dbname=booking'),
    'value' => fn () => array_combine([1, 2], [1]),
    'range' => fn () => random_int(5, 1),
    'static' => fn () => Guest::find(number()),
    'array' => function () { $rooms = 'none'; $rooms[] = 1; },
    'unpack' => fn () => (new \ArrayIterator([1]))->seek(7),
    'lines' => fn () => throw new \InvalidArgumentException('3 rows of rates.csv rejected:' . "\n  row 4: price is negative\n  row 9: unknown room\n  row 10: empty"),
    'sql' => fn () => throw new \RuntimeException("SQLSTATE[42S22]: Column not found: 1054 Unknown column 'vat' in 'field list' (SQL: select `vat` from `rates` where `id` = " . number() . ')'),
    'deep' => fn () => (new Pipeline())->handle(mt_rand(4, 12), refused(...)),
    'closed' => fn () => (function () { yield 1; throw new \UnexpectedValueException('calendar feed ended early'); })()->send(1),
    'xml' => fn () => new \ReflectionClass('App\Booking\Calendar'),
];

function logged(callable $call): void
{
    try {
        $call();
    } catch (\Throwable $e) {
        $text = pick(['Booking ' . number() . ' failed', $e->getMessage(), 'Unhandled exception in job ' . number(), 'Could not confirm booking ' . number()]);
        begin();
        say(number() % 6 ? 'ERROR' : 'CRITICAL', $text, $e);
        finish();
    }
}
function told(): void
{
    begin();
    say(pick(['ERROR', 'ERROR', 'CRITICAL']), str_replace('#', (string) number(), pick(['Channel manager returned 503 for booking #', 'Booking # has no room', 'Giving up on voucher # after 5 attempts',
        'Timed out waiting for the calendar lock (booking #)', 'Card of booking # was declined'])));
    finish();
}
function told_in_lines(): void
{
    begin();
    say('ERROR', 'Validation of booking ' . number() . " failed:\n  - arrival: must be a date\n  - guests: must be at least 1");
    finish();
}
function shown(callable $call): void { try { $call(); } catch (\Throwable $e) { begin(); error_log((string) $e); finish(); } }
function dies(callable $call): void { begin(); $call(); }
function memory(): void { begin(); $kept = []; while (true) { $kept[] = str_repeat('x', 100000); } }
function slow(): void { begin(); set_time_limit(1); while (true) { } }
function user_error(): void { begin(); trigger_error('rates of ' . number() . ' are missing', E_USER_ERROR); }
function required(): void { begin(); @require '/srv/app/config/booking.local.php'; }
function falls_over(callable $call): void { try { $call(); } catch (\Throwable $e) { begin(); say('EMERGENCY', 'Worker stopped', $e); exit(1); } }

const WORK = ['Booking # created, # nights', 'Booking # confirmed in # ms', 'Voucher # sent', 'Calendar of room # synchronised', 'Charged # EUR for booking #',
    'Rates imported: # rows', 'GET /api/rooms/# 200', 'Queue has # jobs'];
const HEALTHY = ['Import of # rates finished with 0 errors', 'Self test ok, no error found (#)', 'Gateway answered {"id": #, "error": null}', 'GET /help/exceptions/# 200',
    'Booking # charged on attempt 2 of 3', 'failed=0 done=#'];

function work(): void
{
    for ($left = mt_rand(2, 4); $left > 0; $left--) {
        say('INFO', preg_replace_callback('/#/', fn () => (string) number(), pick(mt_rand(1, 100) <= 15 ? HEALTHY : WORK)));
    }
}
function plan(array $failures, string $way): array
{
    $jobs = [...array_fill(0, 7, told(...)), ...array_fill(0, 3, told_in_lines(...))];
    $names = array_keys($failures);
    shuffle($names);
    $of = fn (string $job, int $from, int $count) => array_map(fn ($x) => fn () => (__NAMESPACE__ . "\\$job")($failures[$x]), array_slice($names, $from, $count));
    if (in_array($way, ['laravel', 'json', 'monolog'])) {
        array_push($jobs, ...$of('logged', 0, 99), ...$of('falls_over', 0, 4), ...$of('dies', 4, 3));
    } else {
        array_push($jobs, ...$of('logged', 0, 18), ...$of('shown', 10, 5), ...$of('dies', 8, 24), ...[memory(...), slow(...), user_error(...), required(...)]);
    }
    shuffle($jobs);
    return $jobs;
}

mt_srand((int) $seed);
$jobs = plan($failures, $way);
say('INFO', "booking worker 5.$seed starting");
say('INFO', 'Connected to the channel manager');
for ($number = (int) $start; $number < count($jobs); $number++) {
    file_put_contents($state, (string) $number);
    mt_srand((int) $seed * 1000 + $number);
    work();
    $jobs[$number]();
}
say('INFO', 'Queue drained, stopping');
file_put_contents($state, 'done');
