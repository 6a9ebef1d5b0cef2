<?php
// A shop: `shop.php WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
declare(strict_types=1);

namespace App\Exception { class CartException extends \DomainException {} }

namespace App {

use App\Exception\CartException;

function mark(string $mark): void { fwrite(STDERR, $mark . "\n"); }
function begin(): void { mark("\x02"); }
function finish(): void { mark("\x03"); }

interface Gateway { public function charge(int $cents): string; }

final class Customer { public ?string $mail = null; public ?Customer $parent = null; }

final class Cart
{
    /** @param array<string, int> $items */
    public function __construct(private array $items = ['A-1' => 5]) {}
    public function add(string $sku, int $count): void { $this->items[$sku] = $count; }
    public function checkout(Gateway $gateway): string { return $gateway->charge(array_sum($this->items)); }
    public function rule(string $name): void { throw new CartException("rule '$name' does not allow sku A-1"); }
}

final class Template { public function __toString(): string { throw new \LogicException('template welcome.phtml is not compiled'); } }

$cases = [
    'nullCall' => fn() => (new Customer())->parent->getMail(),
    'undefinedMethod' => fn() => (new Cart())->total(),
    'undefinedFunction' => fn() => render_cart(new Cart()),
    'type' => fn() => (new Cart())->add('A-1', 'two'),
    'wrongArgument' => fn() => (new Cart())->checkout(new Customer()),
    'domain' => fn() => (new Cart())->rule('max-per-order'),
    'divide' => fn() => intdiv(100, count([])),
    'json' => fn() => json_decode('{"sku": }', true, 512, JSON_THROW_ON_ERROR),
    'pdo' => fn() => new \PDO('mysql:host=127.0.0.1;dbname=shop', 'shop', ''),
    'date' => fn() => new \DateTimeImmutable('2026-31-31 noonish'),
    'wrapped' => function () {
        try { json_decode('[1,', true, 512, JSON_THROW_ON_ERROR); } catch (\JsonException $e) { throw new CartException('cart cookie is unreadable', 17, $e); }
    },
    'noClass' => fn() => new \Redis(),
    'match' => fn() => match ('SEPA') { 'card' => 1, 'cash' => 2 },
    'constant' => fn() => SHOP_REGION . '-1',
    'tooFew' => fn() => (new Cart())->add('A-1'),
    'memory' => fn() => str_repeat('x', 200_000_000),
    'string' => fn() => 'Hello ' . new Template(),
    'file' => fn() => new \SplFileObject('/var/lib/shop/prices.csv'),
    'arithmetic' => fn() => [] + 17,
    'include' => fn() => require '/srv/shop/config/local.php',
];

$chatter = [
    ['INFO', 'GET /cart 200 12ms'],
    ['INFO', 'cron prices finished, rows=1200 errors=0'],
    ['WARNING', 'session store is slow (420 ms)'],
    ['DEBUG', 'no error page for 404, using default'],
    ['NOTICE', 'Matched route "cart_show".'],
    ['INFO', 'error_reporting is E_ALL'],
    ['WARNING', 'retrying in 1s'],
];

$stamp = fn() => date('d-M-Y H:i:s') . ' UTC';
$layouts = [
    'monolog' => fn($level, $text, $e) => '[' . date('Y-m-d\TH:i:s.uP') . "] app.$level: $text " . ($e ? json_encode(['exception' => sprintf('[object] (%s(code: %s): %s at %s:%d)', $e::class, $e->getCode(), $e->getMessage(), $e->getFile(), $e->getLine())], JSON_UNESCAPED_SLASHES) : '[]') . ' []',
    'monologTraces' => fn($level, $text, $e) => '[' . date('Y-m-d\TH:i:s.uP') . "] app.$level: $text " . ($e ? sprintf("{\"exception\":\"[object] (%s(code: %s): %s at %s:%d)\n[stacktrace]\n%s\n\"} []", $e::class, $e->getCode(), $e->getMessage(), $e->getFile(), $e->getLine(), $e->getTraceAsString()) : '[] []'),
    'laravel' => fn($level, $text, $e) => '[' . date('Y-m-d H:i:s') . "] production.$level: " . ($e ? sprintf("%s {\"userId\":17,\"exception\":\"[object] (%s(code: %s): %s at %s:%d)\n[stacktrace]\n%s\n\"} ", $e->getMessage(), $e::class, $e->getCode(), $e->getMessage(), $e->getFile(), $e->getLine(), $e->getTraceAsString()) : $text . '  '),
    'json' => fn($level, $text, $e) => json_encode(['message' => $text, 'context' => $e ? ['exception' => ['class' => $e::class, 'message' => $e->getMessage(), 'trace' => explode("\n", $e->getTraceAsString())]] : ['error' => null], 'level_name' => $level, 'channel' => 'app', 'datetime' => date('c')]),
    'errorLog' => fn($level, $text, $e) => '[' . $stamp() . "] " . ($e ? "$text: $e" : "$level $text"),
    'fpm' => fn($level, $text, $e) => $e ? '[' . date('d-M-Y H:i:s') . '] WARNING: [pool www] child 871 said into stderr: "ERROR: ' . $text . ': ' . $e->getMessage() . '"' : '[' . date('d-M-Y H:i:s') . '] NOTICE: [pool www] child 871 started',
];
$ways = [...array_keys($layouts), 'mentioned', 'uncaught', 'uncaughtLogged', 'printed', 'triggered', 'dies', 'handler'];
if ($argv[1] === 'list') { fwrite(STDERR, implode(' ', $ways) . "\n" . implode(' ', array_keys($cases)) . "\n"); exit; }
[, $way, $name] = $argv;
ini_set('error_log', '/dev/stderr');
$layout = $layouts[$way] ?? $layouts['monolog'];
$log = fn($level, $text, $e = null) => fwrite(STDERR, $layout($level, $text, $e) . "\n");
$seed = array_sum(array_map('ord', str_split($way . $name)));
for ($n = 0; $n < 3; $n++) { $log(...$chatter[($seed + $n) % 7]); }
$run = $cases[$name];
$caught = function () use ($run) { try { $run(); } catch (\Throwable $e) { return $e; } };
if (in_array($name, ['memory', 'include'], true) && !str_starts_with($way, 'uncaught')) { exit; }
switch ($way) {
    case 'uncaught': ini_set('display_errors', 'stderr'); ini_set('log_errors', '0'); begin(); $run(); break;
    case 'uncaughtLogged': ini_set('display_errors', '0'); ini_set('log_errors', '1'); begin(); $run(); break;
    case 'printed': $e = $caught(); begin(); fwrite(STDERR, "$e\n"); finish(); break;
    case 'triggered': $e = $caught(); ini_set('display_errors', '0'); ini_set('log_errors', '1'); begin(); trigger_error('checkout failed: ' . $e->getMessage(), E_USER_ERROR); break;
    case 'mentioned': $e = $caught(); begin(); $log('ERROR', 'giving up after 3 attempts: ' . $e->getMessage()); finish(); break;
    case 'dies': $e = $caught(); begin(); $log('CRITICAL', 'shop cannot go on'); finish(); ini_set('display_errors', '0'); ini_set('log_errors', '1'); begin(); throw $e;
    case 'handler':
        set_exception_handler(function (\Throwable $e) use ($log) { begin(); $log('CRITICAL', sprintf('Uncaught PHP Exception %s: "%s" at %s line %d', $e::class, $e->getMessage(), basename($e->getFile()), $e->getLine()), $e); finish(); });
        $run(); break;
    default: $e = $caught(); begin(); $log('ERROR', 'checkout of cart 17 failed', $e); finish();
}
for ($n = 4; $n < 6; $n++) { $log(...$chatter[($seed + $n) % 7]); }

}
