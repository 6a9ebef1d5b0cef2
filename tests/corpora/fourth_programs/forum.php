<?php
// A forum that fails: `php forum.php WAY FAILURE`.
declare(strict_types=1);

namespace Forum {
    class PostRejected extends \RuntimeException {}
    final class Posts
    {
        public function find(int $id): array { return $this->load($id, 'published'); }
        private function load(int $id, string $state): array { throw new PostRejected("post #$id is not \"$state\": {\"by\":\"Jörg\"}", 7); }
    }
}

namespace {
    use Forum\{Posts, PostRejected};

    [, $way, $failure] = $argv;
    const HEALTHY = [
        ['info', 'forum worker ready, 3 boards'],
        ['warning', 'board "errors" has 12000 topics, paging'],
        ['info', 'digest sent to 41 members, bounced=0 errors=0'],
        ['info', 'GET /board/4?sort=error 200 31ms'],
        ['debug', 'no exception in the last 5 minutes'],
    ];
    function mark(int $byte): void { fwrite(STDERR, chr($byte) . "\n"); }

    $failures = [
        'nullCall' => fn () => (null)->title(),
        'undefinedFunction' => fn () => render_post(7),
        'typeError' => fn () => strlen(7),
        'argumentCount' => fn () => (new Posts())->find(),
        'divide' => fn () => intdiv(1, 0),
        'modulo' => fn () => 1 % 0,
        'custom' => fn () => (new Posts())->find(12),
        'json' => fn () => json_decode('{"a":', flags: JSON_THROW_ON_ERROR),
        'date' => fn () => new DateTime('31st of Foo'),
        'match' => fn () => match ('draft') { 'published' => 1 },
        'enum' => fn () => constant('Board::MISSING'),
        'classMissing' => fn () => new Forum\Mailer(),
        'pdo' => fn () => new PDO('mysql:host=127.0.0.1;port=1', 'forum', 'x'),
        'readonly' => function () { $p = new class (1) { public function __construct(public readonly int $id) {} }; $p->id = 2; },
        'chained' => function () {
            try {
                try { (new Posts())->find(3); } catch (PostRejected $e) { throw new LogicException('cache of post 3 is stale', 0, $e); }
            } catch (LogicException $e) { throw new RuntimeException('page "/post/3" not rendered', 500, $e); }
        },
        'manyLines' => fn () => throw new InvalidArgumentException("form is invalid:\n - title: too short\n - body: missing\n"),
        'quoted' => fn () => throw new Exception("SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry 'a@b.c' for key 'users.email'"),
        'unicode' => fn () => throw new DomainException('Beitrag „Grüße“ gelöscht'),
        'memory' => function () { ini_set('memory_limit', '8M'); str_repeat('x', 1 << 24); },
        'requireMissing' => function () { error_reporting(E_ALL & ~E_WARNING); require '/srv/forum/templates/post.php'; },
        'parse' => fn () => eval('return 1 +;'),
        'abstract' => fn () => new class extends ArrayIterator { public function __construct() { (new ReflectionClass('Iterator'))->newInstance(); } },
        'stringOffset' => fn () => 'abc'['x'],
        'generator' => function () { $g = (function () { yield 1; })(); foreach ($g as $x); foreach ($g as $x); },
        'deadline' => fn () => throw new ErrorException('Maximum wait of 3 s exceeded', 0, E_ERROR, '/srv/forum/lib/Lock.php', 44),
    ];
    if (!isset($failures[$failure])) { exit(1); }
    function fail(): mixed { global $failures, $failure; return $failures[$failure](); }

    function logged(callable $log, callable $say): void
    {
        global $failure;
        foreach (array_slice(HEALTHY, strlen($failure) % 3) as [$level, $text]) $log($level, $text);
        try { fail(); } catch (Throwable $error) { mark(2); $say($error); mark(3); }
        foreach (array_slice(HEALTHY, 0, 2) as [$level, $text]) $log($level, $text);
    }
    function monolog($formatter = null): Monolog\Logger
    {
        require_once 'Psr/Log/autoload.php';
        require_once 'Monolog/autoload.php';
        $log = new Monolog\Logger('app');
        $handler = new Monolog\Handler\StreamHandler('php://stderr');
        if ($formatter) $handler->setFormatter($formatter());
        $log->pushHandler($handler);
        return $log;
    }
    $ways = [
        'uncaught' => function () { foreach (HEALTHY as [, $text]) fwrite(STDERR, "$text\n"); mark(2); fail(); },
        'uncaughtStamped' => function () { foreach (HEALTHY as [$level, $text]) error_log("$level: $text"); mark(2); fail(); },
        'errorLog' => fn () => logged(fn ($level, $text) => error_log($text), fn ($e) => error_log((string) $e)),
        'errorLogMessage' => fn () => logged(fn ($level, $text) => error_log("[$level] $text"), fn ($e) => error_log('[error] could not show post: ' . $e->getMessage() . ' in ' . $e->getFile() . ':' . $e->getLine())),
        'monolog' => function () { $log = monolog(); logged(fn ($level, $text) => $log->$level($text), fn ($e) => $log->error('could not show post 12', ['exception' => $e])); },
        'monologTrace' => function () { $log = monolog(function () { $f = new Monolog\Formatter\LineFormatter(null, null, true, true); $f->includeStacktraces(); return $f; }); logged(fn ($level, $text) => $log->$level($text), fn ($e) => $log->error($e->getMessage(), ['exception' => $e])); },
        'monologJson' => function () { $log = monolog(fn () => new Monolog\Formatter\JsonFormatter()); logged(fn ($level, $text) => $log->$level($text), fn ($e) => $log->critical('could not show post 12', ['exception' => $e])); },
        'symfony' => function () { $log = monolog(); logged(fn ($level, $text) => $log->$level($text), fn ($e) => $log->critical('Uncaught PHP Exception ' . get_class($e) . ': "' . $e->getMessage() . '" at ' . basename($e->getFile()) . ' line ' . $e->getLine(), ['exception' => $e])); },
    ];
    $ways[$way]();
}
