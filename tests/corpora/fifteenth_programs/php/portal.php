<?php

// The customers' portal of a water utility: its queue worker takes what customers sent and files it.

declare(strict_types=1);

require 'Psr/Log/autoload.php';
require 'Monolog/autoload.php';

use Monolog\Formatter\JsonFormatter;
use Monolog\Formatter\LineFormatter;
use Monolog\Handler\StreamHandler;
use Monolog\Logger;

[, $way, $seed, $start, $stateFile] = $argv;
$seed = (int) $seed;
const KINDS = [
    'cause', 'cause', 'trace', 'trace', 'type', 'type', 'line', 'line', 'line', 'pair', 'pdo', 'pdo', 'json', 'reason',
    'uncaught', 'uncaughtcause', 'typeerror', 'fatal', 'divide', 'undefined',
];
const TOWNS = ['Kelby', 'Harrow', 'Ashford', 'St Anne', 'Millbrook'];

class RequestFailed extends RuntimeException
{
}

class AddressUnknown extends InvalidArgumentException
{
}

function mark(string $byte): void
{
    file_put_contents('php://stdout', "$byte\n", FILE_APPEND);
}

/** Returns what logs a level, a text, and where there is one the exception behind it. */
function logger(string $way): callable
{
    switch ($way) {
        case 'monolog':
        case 'laravel':
        case 'json':
            $logger = new Logger($way === 'laravel' ? 'production' : 'portal');
            $handler = new StreamHandler('php://stdout');
            if ($way === 'json') {
                $formatter = new JsonFormatter();
                $formatter->includeStacktraces();
            } elseif ($way === 'laravel') {
                // as Laravel sets up its channels
                $formatter = new LineFormatter(null, 'Y-m-d H:i:s', true, true, true);
            } else {
                $formatter = new LineFormatter(null, null, true, true);
                $formatter->includeStacktraces();
            }
            $handler->setFormatter($formatter);
            $logger->pushHandler($handler);
            return fn (string $level, string $text, ?Throwable $error = null) =>
                $logger->log($level, $text, $error ? ['exception' => $error] : []);
        case 'errorlog':
            return fn (string $level, string $text, ?Throwable $error = null) =>
                error_log(ucfirst($level) . ": $text" . ($error ? ": $error" : ''));
        case 'journal':
            return function (string $level, string $text, ?Throwable $error = null): void {
                file_put_contents('php://stderr', '[' . strtoupper($level) . "] $text" . ($error ? "\n$error" : '') . "\n");
            };
        default:
            return function (string $level, string $text, ?Throwable $error = null): void {
                $head = in_array($level, ['debug', 'info'], true) ? '' : "$level: ";
                file_put_contents('php://stderr', $head . $text . ($error ? "\n$error" : '') . "\n");
            };
    }
}

$log = logger($way);

function pick(array $list): mixed
{
    return $list[mt_rand(0, count($list) - 1)];
}

function work(callable $log): void
{
    for ($n = mt_rand(2, 4); $n > 0; $n--) {
        $case = 'C' . mt_rand(10000, 99999);
        match (mt_rand(0, 6)) {
            0 => $log('debug', "case $case reserved by worker " . mt_rand(1, 4)),
            1 => $log('info', "case $case opened for a customer in " . pick(TOWNS)),
            2 => $log('info', 'meter reading of ' . mt_rand(10, 9999) . " m3 filed under $case"),
            3 => $log('info', "move from " . pick(TOWNS) . ' to ' . pick(TOWNS) . ' recorded'),
            4 => $log('warning', "case $case waited " . mt_rand(3, 40) . ' minutes in the queue'),
            5 => $log('debug', 'session store swept, ' . mt_rand(0, 300) . ' removed'),
            default => $log('info', "letter for $case queued, template " . mt_rand(1, 20)),
        };
    }
}

class Addresses
{
    public function find(string $town, int $number): string
    {
        throw new AddressUnknown("No house $number in $town", mt_rand(1, 4));
    }
}

class Cases
{
    public function __construct(private Addresses $addresses)
    {
    }

    public function open(string $case): string
    {
        try {
            return $this->addresses->find(pick(TOWNS), mt_rand(200, 400));
        } catch (AddressUnknown $error) {
            throw new RequestFailed("Case $case has no usable address", 0, $error);
        }
    }

    public function size(string $case): int
    {
        return strlen(pick([null, 12, []]));
    }

    public function share(int $sum, int $people): int
    {
        return intdiv($sum, $people);
    }

    public function store(string $case): void
    {
        if (mt_rand(0, 1)) {
            throw new PDOException("SQLSTATE[HY000] [2002] Connection refused");
        }
        throw new PDOException("SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '$case' for key 'PRIMARY'");
    }
}

function handle(string $kind, callable $log): void
{
    $case = 'C' . mt_rand(10000, 99999);
    $cases = new Cases(new Addresses());
    mark("\2");
    switch ($kind) {
        case 'line':
            $log('error', pick([
                "case $case refused: customer number is not known",
                'payment provider answered 503 for ' . mt_rand(1000, 9999),
                'could not connect to redis:6379: Connection refused',
                'upload of ' . mt_rand(11, 60) . " MB to $case exceeds the limit",
            ]));
            break;
        case 'pair':
            $log('error', "letter for $case not printed: tray " . mt_rand(1, 4) . ' is empty');
            mark("\3");
            mark("\2");
            $log('error', 'SMTP server mail.internal did not accept the message: 451');
            break;
        case 'reason':
            try {
                $cases->store($case);
            } catch (PDOException $error) {
                $log('error', "case $case not stored: {$error->getMessage()}");
            }
            break;
        case 'uncaught':
            $cases->share(mt_rand(10, 90), 0);
            break;
        case 'uncaughtcause':
            $cases->open($case);
            break;
        case 'typeerror':
            $cases->size($case);
            break;
        case 'undefined':
            portal_notify($case);
            break;
        case 'fatal':
            $log('critical', 'queue table is missing, worker stops');
            exit(1);
        default:
            try {
                match ($kind) {
                    'cause' => $cases->open($case),
                    'trace' => (new Addresses())->find(pick(TOWNS), mt_rand(200, 400)),
                    'type' => $cases->size($case),
                    'pdo' => $cases->store($case),
                    'divide' => $cases->share(5, 0),
                    'json' => json_decode(pick(['{"town": ', '<html>', "{'a': 1}"]), false, 512, JSON_THROW_ON_ERROR),
                };
            } catch (Throwable $error) {
                $log('error', pick(["Case $case failed", "Job for $case failed after " . mt_rand(1, 3) . ' tries']), $error);
            }
    }
    mark("\3");
}

$jobs = [...KINDS, ...KINDS, ...array_slice(KINDS, 0, 14)];
mt_srand($seed);
shuffle($jobs);
if ($start === '0') {
    $log('info', 'portal worker 3.9 started');
}
for ($number = (int) $start; $number < count($jobs); $number++) {
    mt_srand($seed * 1000 + $number);
    file_put_contents($stateFile, (string) $number);
    work($log);
    handle($jobs[$number], $log);
}
work($log);
file_put_contents($stateFile, 'done');
