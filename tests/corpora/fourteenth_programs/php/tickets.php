<?php
// The ticket shop of a museum network: orders, vouchers, annual passes, invoices.
//
// Ways of logging: `laravel` (Monolog as Laravel sets it up), `monolog` (Monolog's own line format), `json` (its
// JsonFormatter with traces), `errorlog` (error_log() below PHP's stamp), `bare` (the streams), `journal` (a level and
// the text on stderr).
declare(strict_types=1);

use Monolog\Formatter\JsonFormatter;
use Monolog\Formatter\LineFormatter;
use Monolog\Handler\StreamHandler;
use Monolog\Logger;

spl_autoload_register(function (string $class): void {
    $file = getenv('PHP_LIBRARIES') . '/' . strtr($class, '\\', '/') . '.php';
    if (is_file($file)) {
        require $file;
    }
});

[, $way, $seed, $start, $state] = $argv;
const JOBS = 50;
const HOUSES = ['castle', 'maritime', 'natural-history', 'glass-house'];

class OutOfTickets extends RuntimeException {}

class PaymentFailed extends RuntimeException {}

class Log
{
    private ?Logger $monolog = null;

    public function __construct(private string $way)
    {
        if (!in_array($way, ['laravel', 'monolog', 'json'], true)) {
            return;
        }
        $handler = new StreamHandler('php://stderr');
        $handler->setFormatter(match ($way) {
            'laravel' => new LineFormatter(null, 'Y-m-d H:i:s', true, true, true),
            'monolog' => new LineFormatter(),
            'json' => new JsonFormatter(JsonFormatter::BATCH_MODE_JSON, true, false, true),
        });
        $this->monolog = new Logger($way === 'laravel' ? 'production' : 'tickets', [$handler]);
    }

    public function say(string $level, string $text, ?Throwable $thrown = null): void
    {
        if ($this->monolog) {
            $this->monolog->log($level, $text, $thrown ? ['exception' => $thrown] : []);
            return;
        }
        $full = $thrown ? "$text: $thrown" : $text;
        if ($this->way === 'errorlog') {
            error_log(in_array($level, ['info', 'debug'], true) ? $full : ucfirst($level) . ": $full");
        } elseif ($this->way === 'journal') {
            fwrite(STDERR, strtoupper($level) . ": $full\n");
        } elseif (in_array($level, ['info', 'debug'], true)) {
            fwrite(STDOUT, "$full\n");
        } else {
            fwrite(STDERR, "$level: $full\n");
        }
    }
}

class Shop
{
    private array $stock = ['adult' => 4, 'child' => 2];

    public function sell(string $kind, int $count): int
    {
        if ($count > $this->stock[$kind]) {
            throw new OutOfTickets("only {$this->stock[$kind]} tickets '$kind' left, $count wanted");
        }
        return $this->stock[$kind] -= $count;
    }

    public function voucher(string $text): array
    {
        return json_decode($text, true, 8, JSON_THROW_ON_ERROR);
    }

    public function total(array $prices): int
    {
        return array_sum($prices) % count($prices);
    }

    public function price(?string $price): string
    {
        return $this->euros($price);
    }

    private function euros(string $price): string
    {
        return number_format((float) $price, 2) . ' EUR';
    }

    public function holder(?object $pass): string
    {
        return $pass->holder();
    }

    public function charge(int $order): void
    {
        $link = @stream_socket_client('tcp://127.0.0.1:' . ($order % 8 + 2), $code, $text, 1);
        if (!$link) {
            throw new RuntimeException("payment service: $text", $code);
        }
    }

    public function pay(int $order): void
    {
        try {
            $this->charge($order);
        } catch (RuntimeException $e) {
            throw new PaymentFailed("order $order was not paid", 12, $e);
        }
    }

    public function day(string $text): DateTimeImmutable
    {
        return new DateTimeImmutable($text);
    }

    public function house(int $number): string
    {
        return match ($number) {
            1 => 'castle',
            2 => 'maritime',
        };
    }
}

function pick(array $of): mixed
{
    return $of[mt_rand(0, count($of) - 1)];
}

function fail(string $kind): void
{
    $shop = new Shop();
    match ($kind) {
        'sell' => $shop->sell(pick(['adult', 'child']), mt_rand(5, 60)),
        'voucher' => $shop->voucher(pick(['{"voucher": ', '<html>', '[1, 2', ''])),
        'total' => $shop->total([]),
        'price' => $shop->price(null),
        'holder' => $shop->holder(pick([null, new ArrayObject()])),
        'charge' => $shop->charge(mt_rand(1000, 9999)),
        'pay' => $shop->pay(mt_rand(1000, 9999)),
        'day' => $shop->day(pick(['31.31.2026', 'next feast', '2026-02-4x'])),
        'house' => $shop->house(mt_rand(3, 40)),
    };
}

const SAID = [
    'sell' => 'Order refused', 'voucher' => 'Voucher could not be read', 'total' => 'Daily total failed', 'price' => 'Price list is broken',
    'holder' => 'Annual pass has no holder', 'charge' => 'Payment failed', 'pay' => 'Job PayOrder failed', 'day' => 'Unusable date of visit', 'house' => 'Unknown house',
];

function mark(string $byte): void
{
    fwrite(STDOUT, "$byte\n");
    fflush(STDOUT);
}

function stop(int $kind, Log $log): void
{
    switch ($kind) {
        case 0:
            fail(pick(['sell', 'total', 'price', 'house']));
        case 1:
            fail('pay');
        case 2:
            $log->say('critical', 'Database of orders is gone after ' . mt_rand(3, 9) . ' attempts, stopping');
            exit(1);
        case 3:
            $pages = [];
            while (true) {
                $pages[] = str_repeat('catalogue', 100000);
            }
        case 4:
            print_invoice(mt_rand(1000, 9999));
        case 5:
            fail('holder');
    }
}

function work(Log $log): void
{
    for ($i = mt_rand(2, 4); $i > 0; $i--) {
        $order = mt_rand(1000, 9999);
        $log->say('info', pick([
            "Order $order: " . mt_rand(1, 6) . ' tickets for ' . pick(HOUSES),
            "Invoice $order sent",
            "Voucher V-$order redeemed",
            "Annual pass $order renewed until 2027-12-31",
            'Refund of ' . mt_rand(5, 40) . ".00 EUR for order $order",
        ]));
    }
    if (mt_rand(0, 9) < 3) {
        $log->say('debug', 'Cart cache holds ' . mt_rand(1, 90) . ' entries');
    }
    if (mt_rand(0, 9) < 1) {
        $log->say('warning', 'Contingent of ' . pick(HOUSES) . ' is nearly used up');
    }
}

$log = new Log($way);
$order = [...array_keys(SAID), 'line', 'batch', 'die', 'line', 'die', 'line', 'die', 'pay'];
if ($start === '0') {
    $log->say('info', 'Ticket worker 7.1 started');
}
for ($number = (int) $start; $number < JOBS; $number++) {
    file_put_contents($state, (string) $number);
    mt_srand((int) $seed * 1000 + $number);
    work($log);
    $kinds = array_map(fn (int $n): string => $order[($n * 8 + (int) $seed) % count($order)], range(0, $number));
    $kind = $kinds[$number];
    if ($kind === 'batch') {
        for ($i = mt_rand(2, 3); $i > 0; $i--) {
            mark("\2");
            $log->say('error', 'Ticket mail to customer ' . mt_rand(1000, 9999) . ' failed: ' . pick(['550 unknown user', 'timeout', '452 mailbox full']));
            mark("\3");
        }
        continue;
    }
    mark("\2");
    if ($kind === 'die') {
        stop((count(array_keys($kinds, 'die')) + (int) $seed) % 6, $log);
    } elseif ($kind === 'line') {
        $which = pick(['sell', 'voucher', 'charge', 'day', 'house']);
        try {
            fail($which);
        } catch (Throwable $e) {
            $log->say('error', SAID[$which] . ': ' . $e->getMessage());
        }
    } else {
        try {
            fail($kind);
        } catch (Throwable $e) {
            $log->say('error', SAID[$kind], $e);
        }
    }
    mark("\3");
}
mt_srand((int) $seed);
work($log);
file_put_contents($state, 'done');
