<?php
// Takes orders of a bookshop: Monolog with traces, Guzzle, PDO.
require 'marks.php';
require 'Monolog/autoload.php';
require 'GuzzleHttp/autoload.php';

use GuzzleHttp\Client;
use Monolog\Formatter\LineFormatter;
use Monolog\Handler\StreamHandler;
use Monolog\Logger;

class OrderException extends DomainException {}

$handler = new StreamHandler('php://stderr');
$formatter = new LineFormatter();
if (($argv[1] ?? '') !== 'plain') {
    $formatter = new LineFormatter(null, 'Y-m-d H:i:s', true, true);
    $formatter->includeStacktraces();
}
$handler->setFormatter($formatter);
$log = new Logger('orders', [$handler]);
$stock = $log->withName('stock');
$db = new PDO('sqlite::memory:', null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$db->exec('CREATE TABLE book (isbn TEXT PRIMARY KEY, copies INT CHECK (copies >= 0))');
$db->exec("INSERT INTO book VALUES ('978-0', 1)");

$failures = [
    'unique' => fn () => $db->exec("INSERT INTO book VALUES ('978-0', 2)"),
    'check' => fn () => $db->exec('UPDATE book SET copies = copies - 4'),
    'table' => fn () => $db->query('SELECT * FROM customers'),
    'syntax' => fn () => $db->prepare('SELCT 1'),
    'refused' => fn () => (new Client())->get('http://127.0.0.1:9/stock', ['timeout' => 1]),
    'host' => fn () => (new Client())->post('http://warehouse.invalid/', ['json' => ['isbn' => '978-0']]),
    'null' => fn () => $db->query('SELECT 1')->fetchObject()->book->title,
    'method' => fn () => $db->query('SELECT 1')->fetchObject()->reserve(),
    'type' => fn () => str_repeat('x', 'three'),
    'argument' => fn () => array_combine([1, 2], [3]),
    'divide' => fn () => intdiv(1, 0),
    'match' => fn () => match ('paypal') { 'card' => 1, 'invoice' => 2 },
    'json' => fn () => json_decode('{"isbn": ', flags: JSON_THROW_ON_ERROR),
    'date' => fn () => new DateTimeImmutable('31.11.2026x'),
    'enum' => fn () => Shipping::from('drone'),
    'previous' => function () use ($db) {
        try {
            $db->exec('DELETE FROM carts');
        } catch (PDOException $e) {
            throw new OrderException('order 17 could not be placed', 4, new RuntimeException('transaction failed', 0, $e));
        }
    },
    'readonly' => function () { $p = new Place(3); $p->shelf = 4; },
];
enum Shipping: string { case Post = 'post'; }
final class Place { public function __construct(public readonly int $shelf) {} }

function healthy(): void
{
    global $log, $stock;
    $n = mt_rand(1, 9000);
    pick([
        fn () => $log->info("Order $n placed"),
        fn () => $log->info('Payment accepted', ['order' => $n, 'error' => null]),
        fn () => $log->debug('0 failed jobs', ['done' => $n]),
        fn () => $stock->notice("Book $n is out of print"),
        fn () => $stock->warning('Warehouse is slow', ['ms' => $n]),
        fn () => $stock->warning("Attempt 1 for order $n failed, retrying"),
        fn () => $stock->info("Attempt 2 for order $n succeeded"),
        fn () => $log->info('Search', ['q' => 'Fatal exception: a novel', 'hits' => $n % 9]),
        fn () => $log->info("GET /error-pages/$n 200"),
    ])();
}

foreach (shuffled($failures, 2) as $name) {
    some(healthy(...));
    try {
        $failures[$name]();
    } catch (Throwable $e) {
        failure(fn () => pick([
            fn () => $log->error('Order failed', ['exception' => $e]),
            fn () => $log->error("Order failed: {$e->getMessage()}"),
            fn () => $log->critical('Uncaught ' . $e::class, ['exception' => $e, 'order' => mt_rand(1, 900)]),
            fn () => $log->error($e->getMessage(), ['code' => $e->getCode(), 'trace' => $e->getTraceAsString()]),
            fn () => $log->emergency("Commande impossible : {$e->getMessage()}"),
        ])());
    }
}
