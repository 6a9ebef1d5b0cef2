<?php
// Rations of a zoo: a logger of its own in a class, warnings made into exceptions, JSON of one line.
require 'marks.php';

class Log
{
    public function __construct(private string $channel, private bool $json) {}

    public function write(string $level, string $text, array $more = []): void
    {
        $line = $this->json
            ? json_encode(['ts' => date(DATE_ATOM), 'level' => $level, 'channel' => $this->channel, 'msg' => $text] + $more, JSON_UNESCAPED_SLASHES)
            : date('Y-m-d H:i:s') . sprintf(' %-7s %s: %s', $level, $this->channel, $text) . ($more ? ' ' . json_encode($more) : '');
        file_put_contents('php://stderr', "$line\n");
    }
}

set_error_handler(function (int $level, string $text, string $file, int $line) {
    throw new ErrorException($text, 0, $level, $file, $line);
});

class Animal { public function __construct(public string $name) {} public function feed(int $grams): int { return 100 % $grams; } }

$failures = [
    'variable' => fn () => $hay + 1,
    'key' => fn () => ['hay' => 1]['straw'],
    'property' => fn () => (new Animal('Ko'))->weight,
    'modulo' => fn () => (new Animal('Ko'))->feed(0),
    'array' => fn () => 'hay' . [],
    'open' => fn () => file('/srv/zoo/plan.csv'),
    'socket' => fn () => fsockopen('127.0.0.1', 9, $n, $text, 1),
    'cast' => fn () => 'three kilos' * 2,
    'offset' => fn () => 'hay'[7],
    'count' => fn () => count(null),
    'unserialize' => fn () => unserialize('a:1:{'),
    'new' => fn () => new Animal(),
    'callback' => fn () => array_map('weigh', [1]),
];

$log = new Log('rations', ($argv[1] ?? '') === 'json');

function healthy(): void
{
    global $log;
    $n = mt_rand(1, 9000);
    pick([
        fn () => $log->write('info', "animal $n fed"),
        fn () => $log->write('info', 'scales ok', ['errors' => 0]),
        fn () => $log->write('debug', "plan of day $n loaded", ['exception' => null]),
        fn () => $log->write('warning', "hay for $n days"),
        fn () => $log->write('info', 'delivery came after failed attempt'),
        fn () => $log->write('info', 'GET /animals/error-bear 200'),
    ])();
}

foreach (shuffled($failures, 2) as $name) {
    some(healthy(...));
    try {
        $failures[$name]();
    } catch (Throwable $e) {
        failure(fn () => pick([
            fn () => $log->write('error', "ration not given: {$e->getMessage()}"),
            fn () => $log->write('error', 'ration not given', ['exception' => $e::class, 'message' => $e->getMessage(), 'at' => basename($e->getFile()) . ':' . $e->getLine()]),
            fn () => $log->write('fatal', "feeding stops: $e"),
            fn () => $log->write('error', $e->getMessage() . "\n" . $e->getTraceAsString()),
        ])());
    }
}
if (($argv[1] ?? '') === 'plain') {
    restore_error_handler();
    some(healthy(...));
    begin();
    (new Animal('Ko'))->feed(0);
}
