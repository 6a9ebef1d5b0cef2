<?php
// A worker that pays back tickets and season passes of a city's buses and trams.
// Monolog is the real one, in three of its formats; "errorlog" is error_log(), "bare" and "journal" write to stderr.
declare(strict_types=1);

namespace App\Refunds;

const JOBS = 46;
[, $way, $seed, $start, $state] = $argv;
mt_srand((int) $seed * 1000 + (int) $start);

function pick(array $from): mixed
{
    return $from[mt_rand(0, count($from) - 1)];
}

class RefundException extends \RuntimeException
{
}

class PassExpired extends RefundException
{
}

interface Log
{
    public function write(string $level, string $text, ?\Throwable $error = null): void;
}

class Monolog implements Log
{
    private \Monolog\Logger $real;

    public function __construct(string $way)
    {
        require_once getenv('LIBRARIES') . '/usr/share/php/Psr/Log/autoload.php';
        require_once getenv('LIBRARIES') . '/usr/share/php/Monolog/autoload.php';
        $handler = new \Monolog\Handler\StreamHandler('php://stderr');
        if ($way === 'json') {
            $formatter = new \Monolog\Formatter\JsonFormatter();
            $formatter->includeStacktraces();
        } elseif ($way === 'laravel') {
            $formatter = new \Monolog\Formatter\LineFormatter(null, 'Y-m-d H:i:s', true, true);
            $formatter->includeStacktraces();
        } else {
            $formatter = new \Monolog\Formatter\LineFormatter();
        }
        $handler->setFormatter($formatter);
        $this->real = new \Monolog\Logger($way === 'laravel' ? 'production' : 'refunds', [$handler]);
    }

    public function write(string $level, string $text, ?\Throwable $error = null): void
    {
        $this->real->log($level, $text, $error === null ? [] : ['exception' => $error]);
    }
}

class Plain implements Log
{
    public function __construct(private bool $through)
    {
    }

    public function write(string $level, string $text, ?\Throwable $error = null): void
    {
        $head = in_array($level, ['debug', 'info'], true) ? '' : strtoupper($level) . ': ';
        $line = $head . $text . ($error === null ? '' : ": $error");
        if ($this->through) {
            error_log($line);
        } else {
            fwrite(STDERR, "$line\n");
        }
    }
}

class Pass
{
    public ?\DateTimeImmutable $until = null;

    public function __construct(public readonly string $number, public readonly int $months)
    {
    }
}

class Desk
{
    public function share(Pass $pass, int $used): int
    {
        return intdiv(4900, $pass->months) * $used;
    }

    public function left(Pass $pass): string
    {
        return $pass->until->format('Y-m-d');
    }

    public function check(Pass $pass): void
    {
        throw new PassExpired("pass {$pass->number} ran out " . mt_rand(2, 90) . ' days ago');
    }

    public function pay(string $iban, mixed $cents): int
    {
        return $this->transfer($iban, $cents);
    }

    private function transfer(string $iban, int $cents): int
    {
        return $cents;
    }

    public function bank(string $host): void
    {
        try {
            $this->connect($host);
        } catch (\RuntimeException $error) {
            throw new RefundException("bank did not take refund " . mt_rand(1000, 9999), 0, $error);
        }
    }

    private function connect(string $host): void
    {
        throw new \RuntimeException("Connection to $host:443 timed out", pick([110, 28]));
    }

    public function receipt(string $text): array
    {
        return json_decode($text, true, 8, JSON_THROW_ON_ERROR);
    }
}

function pass(int $months = 12): Pass
{
    return new Pass('P-' . mt_rand(10000, 99999), $months);
}

function fail(): void
{
    $desk = new Desk();
    match (mt_rand(0, 7)) {
        0 => $desk->share(pass(0), mt_rand(1, 11)),
        1 => $desk->left(pass()),
        2 => $desk->check(pass()),
        3 => $desk->pay('AT' . mt_rand(10, 99), pick(['12,40', null, 3.5])),
        4, 5 => $desk->bank(pick(['bank-1.example.net', 'bank-2.example.net'])),
        6 => $desk->receipt(pick(['{"id": ', '<html>', ''])),
        7 => $desk->{pick(['stamp', 'mail', 'close'])}(pass()),
    };
}

function begin(): void
{
    fwrite(STDERR, "\2\n");
}

function finish(): void
{
    fwrite(STDERR, "\3\n");
}

function work(Log $log): void
{
    for ($i = mt_rand(2, 4); $i > 0; $i--) {
        [$level, $text] = match (mt_rand(0, 10)) {
            0, 1, 2 => ['info', 'refund ' . mt_rand(1000, 9999) . ' paid, ' . mt_rand(240, 9900) . ' cents'],
            3, 4 => ['info', 'pass P-' . mt_rand(10000, 99999) . ' cancelled by its owner'],
            5, 6 => ['debug', mt_rand(1, 80) . ' refunds are waiting'],
            7, 8, 9 => ['info', 'mailed receipt to customer ' . mt_rand(100, 9999)],
            default => ['warning', 'refund ' . mt_rand(1000, 9999) . ' waits since ' . mt_rand(3, 9) . ' days'],
        };
        $log->write($level, $text);
    }
}

$log = in_array($way, ['monolog', 'laravel', 'json'], true) ? new Monolog($way) : new Plain($way === 'errorlog');
$log->write('info', 'refund worker started');
for ($job = (int) $start; $job < JOBS; $job++) {
    file_put_contents($state, (string) $job);
    work($log);
    $kind = mt_rand(0, 99);
    if ($kind < 44) {
        begin();
        try {
            fail();
        } catch (\Throwable $error) {
            $log->write('error', $way === 'laravel' ? $error->getMessage() : pick(['Refund failed', 'Could not pay back', 'Job aborted']), $error);
        }
        finish();
    } elseif ($kind < 70) {
        begin();
        try {
            fail();
        } catch (\Throwable $error) {
            $log->write('error', 'Refund ' . mt_rand(1000, 9999) . ' was put back: ' . $error->getMessage());
        }
        finish();
    } elseif ($kind < 78) {
        for ($i = mt_rand(2, 3); $i > 0; $i--) {
            begin();
            $log->write('error', 'Receipt for customer ' . mt_rand(100, 9999) . ' bounced: ' . pick(['mailbox full', 'no such user']));
            finish();
        }
    } elseif ($kind < 92) {
        begin();
        fail();
    } elseif ($kind < 96) {
        begin();
        $rows = [];
        while (true) {
            $rows[] = str_repeat('x', 100_000 + mt_rand(0, 50_000));
        }
    } else {
        begin();
        $log->write('critical', 'Account ' . mt_rand(1, 9) . ' for refunds is locked, stopping');
        exit(1);
    }
}
work($log);
file_put_contents($state, 'done');
