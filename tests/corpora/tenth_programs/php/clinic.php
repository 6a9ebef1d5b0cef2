<?php
// A vet's clinic: php clinic.php way seed start state
[, $way, $seed, $start, $state] = $argv;
ini_set('error_reporting', (string) E_ALL);
date_default_timezone_set('UTC');
$GLOBALS['way'] = $way;
mt_srand($seed * 1000 + $start);

class ClinicException extends RuntimeException {}
class PatientNotFound extends ClinicException {}
enum Animal: string { case Dog = 'dog'; case Cat = 'cat'; }
abstract class Treatment {}
final class Visit { public function __construct(public readonly int $id) {} }

function number(): int { return mt_rand(2, 9000); }
function pick(array $list): mixed { return $list[mt_rand(0, count($list) - 1)]; }
function mark(string $byte): void { fwrite(STDERR, "$byte\n"); }

function described(Throwable $e, bool $stack): string {
    $text = '[object] (' . $e::class . "(code: {$e->getCode()}): {$e->getMessage()} at {$e->getFile()}:{$e->getLine()})";
    if ($stack) { $text .= "\n[stacktrace]\n" . $e->getTraceAsString() . "\n"; }
    for ($p = $e->getPrevious(); $p; $p = $p->getPrevious()) {
        $text .= ($stack ? "\n" : ', ') . '[previous exception] [object] (' . $p::class . "(code: {$p->getCode()}): {$p->getMessage()} at {$p->getFile()}:{$p->getLine()})";
        if ($stack) { $text .= "\n[stacktrace]\n" . $p->getTraceAsString() . "\n"; }
    }
    return $text;
}

function say(string $level, string $text, ?Throwable $e = null): void {
    switch ($GLOBALS['way']) {
        case 'monolog':
            $context = $e ? ['exception' => described($e, false)] : [];
            $line = '[' . (new DateTime())->format('Y-m-d\TH:i:s.uP') . "] clinic.$level: " . str_replace("\n", ' ', $text) . ' '
                . json_encode($context, JSON_UNESCAPED_SLASHES) . ' []';
            fwrite(STDERR, str_replace('{}', '[]', $line) . "\n");
            break;
        case 'laravel':
        case 'docker':
            $context = $e ? '{"exception":"' . str_replace(['\\', '"'], ['\\\\', '\\"'], described($e, true)) . '"} ' : '';
            fwrite(STDERR, '[' . date('Y-m-d H:i:s') . "] production.$level: $text $context\n");
            break;
        case 'journal':
            fwrite(STDERR, "[$level] $text" . ($e ? ": $e" : '') . "\n");
            break;
        default:
            $head = ['INFO' => '', 'WARNING' => 'Warning: ', 'ERROR' => 'Error: '][$level];
            error_log($e ? "$e" : $head . $text);
    }
}

function work(): void {
    for ($i = mt_rand(2, 4); $i > 0; $i--) {
        $n = number();
        say('INFO', pick(["visit $n entered", "patient $n weighed", "GET /patients/$n 200", "prescription $n printed", "room " . $n % 6 . ' cleaned', "reminder $n sent"]));
    }
    if (mt_rand(0, 9) < 4) {
        $n = number();
        say(...pick([['INFO', "backup done: $n rows, 0 errors"], ['INFO', "chip $n read, no error found"], ['INFO', "GET /blog/exceptional-cats?id=$n 200"],
            ['INFO', "laboratory answered: sample $n, \"error\": null"], ['INFO', "invoice $n delivered on retry 3"], ['WARNING', "vaccine stock is down to " . $n % 9]]));
    }
}

function patient(int $id): ?Visit { return null; }
function weight(int $grams): int { return $grams; }
function find(int $id): Visit { throw new PatientNotFound("patient $id is not registered", 404); }
function memory(): void { $all = []; while (true) { $all[] = str_repeat('x', 1_000_000); } }

$raised = [
    'null' => fn() => patient(number())->close(),
    'type' => fn() => weight('heavy ' . number()),
    'count' => fn() => weight(),
    'zero' => fn() => intdiv(number(), 0),
    'modulo' => fn() => number() % (number() * 0),
    'no_function' => fn() => ('vaccinate_' . number())(),
    'no_method' => fn() => (new Visit(number()))->cancel(),
    'no_class' => fn() => new XRay(number()),
    'no_constant' => fn() => Visit::LIMIT,
    'match' => fn() => match (number()) { 1 => 'dog' },
    'enum' => fn() => Animal::from('horse' . number()),
    'abstract' => fn() => new Treatment(),
    'readonly' => function () { $v = new Visit(number()); $v->id = 3; },
    'json' => fn() => json_decode('{"visit": ' . number() . ', ', false, 512, JSON_THROW_ON_ERROR),
    'date' => fn() => new DateTimeImmutable(number() . '-13-45'),
    'own' => fn() => find(number()),
    'queue' => fn() => (new SplQueue())->dequeue(),
    'array' => fn() => (new SplFixedArray(3))[number()],
    'reflection' => fn() => new ReflectionMethod('Visit', 'pay'),
    'value' => fn() => range(1, 2, 0) ?: array_combine([1, 2], [number()]),
    'operand' => fn() => number() + [],
    'parse' => fn() => eval('$price = ;'),
    'refused' => function () { $s = @stream_socket_client('tcp://127.0.0.1:9', $no, $why, 1); if (!$s) { throw new ClinicException("could not connect to laboratory: $why", $no); } },
    'file' => function () { $f = '/srv/clinic/xray-' . number() . '.dcm'; @file_get_contents($f) ?: throw new ClinicException("cannot read $f: no such file"); },
    'caused' => function () { try { find(number()); } catch (Exception $e) { throw new ClinicException('visit ' . number() . ' cannot be billed', 7, $e); } },
    'lines' => fn() => throw new InvalidArgumentException('visit ' . number() . " is not valid:\n  - no owner\n  - weight is negative"),
];
$raised['caused_twice'] = function () use ($raised) { try { $raised['caused'](); } catch (Exception $e) { throw new LogicException('day cannot be closed', 0, $e); } };

function logged(callable $job): void {
    try {
        $job();
    } catch (Throwable $e) {
        say('ERROR', pick([$e->getMessage(), 'Visit ' . number() . ' failed', 'Unhandled exception in job ' . number(), 'Could not save patient ' . number()]), $e);
    }
}

function plain(): void {
    $n = number();
    say('ERROR', pick(["could not print prescription $n: printer not found", "payment of invoice $n failed: card declined", "login failed for vet$n",
        "laboratory request $n timed out", "SQLSTATE[HY000] [2002] Connection refused", "upload of image $n failed: disk full"]));
}

function lines(): void {
    $n = number();
    if ($GLOBALS['way'] === 'monolog') { say('ERROR', "2 reminders failed: $n: no address; 7: mailbox full"); return; }
    say('ERROR', pick(["2 reminders failed:\n  $n: no address\n  7: mailbox full", "form of visit $n failed validation:\n  weight: must be positive\n  owner: is required"]));
}

$jobs = [];
foreach ($raised as $job) { $jobs[] = fn() => logged($job); }
for ($i = 0; $i < 7; $i++) { $jobs[] = plain(...); }
for ($i = 0; $i < 4; $i++) { $jobs[] = lines(...); }
foreach (['null', 'own', 'caused', 'caused_twice', 'type', 'match', 'no_function', 'lines'] as $name) { $jobs[] = $raised[$name]; }
$jobs[] = memory(...);
for ($i = count($jobs) - 1, $s = (int) $seed; $i > 0; $i--) {
    $s = $s * 48271 % 2147483647;
    $j = $s % ($i + 1);
    [$jobs[$i], $jobs[$j]] = [$jobs[$j], $jobs[$i]];
}
say('INFO', 'clinic started');
for ($i = (int) $start; $i < count($jobs); $i++) {
    file_put_contents($state, (string) $i);
    work();
    mark("\2");
    $jobs[$i]();
    mark("\3");
}
work();
say('INFO', 'clinic stopped');
file_put_contents($state, 'done');
