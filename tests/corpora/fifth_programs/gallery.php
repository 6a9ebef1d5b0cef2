<?php
// A picture gallery: `gallery.php WAY START STEP`, or `gallery.php fall FAILURE`, or `gallery.php names`.
declare(strict_types=1);

namespace Gallery;

class GalleryError extends \RuntimeException {}

class PictureMissing extends GalleryError
{
    public function __construct(public readonly int $picture)
    {
        parent::__construct("picture $picture is missing", 404);
    }
}

enum Size: string
{
    case Small = 's';
}

final class Album
{
    public readonly int $id;
    public string $title;
    public ?Album $parent = null;

    public function __construct(int $id)
    {
        $this->id = $id;
    }

    private function hidden(): void {}
}

abstract class Store {}

function strict(callable $run): mixed
{
    set_error_handler(static function (int $level, string $text, string $file, int $line): never {
        throw new \ErrorException($text, 0, $level, $file, $line);
    });
    try {
        return $run();
    } finally {
        restore_error_handler();
    }
}

$failures = [
    'missing' => fn () => strict(fn () => file_get_contents('/var/lib/gallery/albums.json')),
    'directory' => fn () => strict(fn () => mkdir('/etc')),
    'unlinked' => fn () => strict(fn () => unlink('/var/lib/gallery/lock')),
    'opened' => fn () => new \SplFileObject('/var/lib/gallery/albums.csv'),
    'iterated' => fn () => new \DirectoryIterator('/srv/gallery/in'),
    'full' => fn () => strict(fn () => file_put_contents('/dev/full', 'x')),
    'refused' => fn () => strict(fn () => fsockopen('127.0.0.1', 9)),
    'refusedStream' => fn () => strict(fn () => stream_socket_client('tcp://127.0.0.1:9')),
    'refusedUrl' => fn () => strict(fn () => file_get_contents('http://127.0.0.1:9/rates')),
    'json' => fn () => json_decode('{"id": 12, "title": }', false, 512, JSON_THROW_ON_ERROR),
    'jsonDepth' => fn () => json_decode('[[[1]]]', false, 2, JSON_THROW_ON_ERROR),
    'jsonUtf' => fn () => json_encode("caf\xe9", JSON_THROW_ON_ERROR),
    'nullMethod' => function () { $album = null; return $album->title(); },
    'nullProperty' => fn () => strict(function () { $album = null; return $album->title; }),
    'undefinedMethod' => fn () => (new Album(1))->titel(),
    'undefinedFunction' => fn () => render_picture(12),
    'undefinedClass' => fn () => new Printer(),
    'undefinedConstant' => fn () => Album::LIMIT,
    'undefinedGlobal' => fn () => MAX_PICTURES,
    'undefinedStatic' => fn () => Album::$all,
    'undefinedVariable' => fn () => strict(fn () => $picture),
    'undefinedKey' => fn () => strict(fn () => ['id' => 1]['title']),
    'undefinedOffset' => fn () => strict(fn () => [1, 2][7]),
    'stringOffset' => fn () => strict(fn () => 'abc'[9]),
    'private' => fn () => (new Album(1))->hidden(),
    'readonly' => function () { $album = new Album(1); $album->id = 2; },
    'uninitialized' => fn () => (new Album(1))->title,
    'typed' => function () { $album = new Album(1); $album->parent = 'x'; },
    'abstract' => fn () => new Store(),
    'argumentType' => fn () => strlen(12),
    'argumentCount' => fn () => new Album(),
    'argumentNumber' => fn () => new Album('12a'),
    'returned' => fn () => (fn (): int => 'x')(),
    'named' => fn () => new Album(number: 3),
    'zero' => fn () => 100 / count([]),
    'modulo' => fn () => 100 % 0,
    'intdiv' => fn () => intdiv(PHP_INT_MIN, -1),
    'shift' => fn () => 1 << -1,
    'operands' => fn () => [] + 1,
    'nonNumeric' => fn () => 'abc' * 2,
    'arrayText' => fn () => strict(fn () => 'album ' . [1]),
    'enumValue' => fn () => Size::from('xl'),
    'match' => fn () => match (3) { 1 => 'one' },
    'date' => fn () => new \DateTimeImmutable('32.13.2026'),
    'zone' => fn () => new \DateTimeZone('Mars/Base'),
    'interval' => fn () => new \DateInterval('3 days'),
    'random' => fn () => random_int(5, 1),
    'range' => fn () => array_fill(0, -3, 1),
    'combine' => fn () => array_combine([1], [1, 2]),
    'chunk' => fn () => array_chunk([1], 0),
    'fixed' => fn () => (new \SplFixedArray(2))[5],
    'emptied' => fn () => (new \SplStack())->pop(),
    'generator' => function () { $g = (fn () => yield 1)(); foreach ($g as $x); foreach ($g as $x); },
    'cloned' => fn () => clone Size::Small,
    'serialized' => fn () => serialize(fn () => 1),
    'unserialized' => fn () => strict(fn () => unserialize('a:1:{i:0')),
    'regex' => fn () => strict(fn () => preg_match('/picture (/', 'x')),
    'iconv' => fn () => strict(fn () => iconv('UTF-8', 'ASCII', 'Zürich')),
    'reflected' => fn () => new \ReflectionMethod(Album::class, 'titel'),
    'callback' => fn () => array_map('Gallery\render_picture', [1]),
    'parsed' => fn () => eval('return 1 +;'),
    'phar' => fn () => new \PharData('/etc/hostname'),
    'pdo' => fn () => new \PDO('mysql:host=127.0.0.1'),
    'own' => fn () => throw new PictureMissing(4711),
    'logic' => fn () => throw new \LogicException('thumbnails are made before pictures'),
    'bare' => fn () => throw new GalleryError(),
    'chained' => function () {
        try {
            json_decode('[1,', false, 512, JSON_THROW_ON_ERROR);
        } catch (\JsonException $e) {
            throw new GalleryError('albums.json could not be read', 7, $e);
        }
    },
    'chainedTwice' => function () {
        try {
            $GLOBALS['failures']['chained']();
        } catch (GalleryError $e) {
            throw new \RuntimeException('gallery is closed', 0, $e);
        }
    },
    'finally' => function () {
        try {
            throw new PictureMissing(3);
        } finally {
            throw new GalleryError('lock could not be given back');
        }
    },
    'lines' => fn () => throw new \InvalidArgumentException("upload is not valid:\n- title is empty\n- picture is over 8 MB"),
];

final class Kernel
{
    public function handle(string $name): mixed
    {
        return $this->dispatch($name, ['GET', '/albums/12']);
    }

    private function dispatch(string $name, array $request): mixed
    {
        return $GLOBALS['failures'][$name]();
    }
}

function mark(int $sign): void
{
    fwrite(STDERR, chr($sign) . "\n");
}

function layout(string $way, string $level, string $text, ?\Throwable $error): string
{
    $now = new \DateTimeImmutable();
    $class = $error ? $error::class : '';
    $where = $error ? str_replace(getcwd(), '/srv/app', "{$error->getFile()}:{$error->getLine()}") : '';
    switch ($way) {
        case 'monolog':
            $context = $error ? '{"exception":"[object] (' . addslashes($class) . "(code: {$error->getCode()}): "
                . str_replace("\n", '\n', $error->getMessage()) . " at $where)\"}" : '[]';
            return $now->format('[Y-m-d\TH:i:s.uP]') . " gallery.$level: $text $context []";
        case 'laravel':
            $context = $error ? '{"exception":"[object] (' . $class . "(code: {$error->getCode()}): {$error->getMessage()} at $where)\n"
                . "[stacktrace]\n{$error->getTraceAsString()}\n\"} " : '';
            return $now->format('[Y-m-d H:i:s]') . " production.$level: $text $context";
        case 'json':
            return json_encode(['datetime' => $now->format('Y-m-d\TH:i:s.uP'), 'level_name' => $level, 'channel' => 'gallery', 'message' => $text,
                'error' => $error?->getMessage(), ...$error ? ['exception' => $class, 'trace' => $error->getTraceAsString()] : []],
                JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
        case 'error_log':
            return $now->format('[d-M-Y H:i:s') . ' UTC] ' . ($level === 'INFO' ? $text : ($error ? "$text: $error" : "$level: $text"));
        case 'printed':
            return $error ? (string) $error : $text;
        default:
            return $now->format('Y-m-d H:i:s,v') . " $level [worker-" . mt_rand(1, 4) . "] gallery.kernel - $text" . ($error ? "\n$error" : '');
    }
}

function say(string $way, string $level, string $text, ?\Throwable $error = null): void
{
    if ($way === 'printed' && $level !== 'INFO' && !$error && $level !== 'ERROR') {
        return;
    }
    fwrite(STDERR, layout($way, $level, $text, $error) . "\n");
}

function healthy(string $way, int $fewest): void
{
    static $lines;
    $lines ??= file('healthy.tsv', FILE_IGNORE_NEW_LINES);
    for ($left = $fewest + mt_rand(0, 4); $left > 0; $left--) {
        [$level, $text] = explode("\t", $lines[mt_rand(0, count($lines) - 1)]);
        $text = preg_replace_callback('/@/', fn () => (string) mt_rand(2, 900), $text);
        say($way, $level === 'WARN' ? 'WARNING' : $level, str_replace('\n', "\n", $text));
    }
}

[, $way, $start, $step] = $argv + [3 => ''];
const SAID = ['Upload of picture %d failed', 'Uncaught exception while serving /albums/%d', 'Job ResizePicture#%d failed',
    'Could not render album %d', 'Request %d could not be handled', 'Mail to member %d was not sent'];
if ($way === 'names') {
    echo implode("\n", array_keys($failures)), "\n";
    exit;
}
mt_srand(crc32("$way $start"));
if ($way === 'fall') {
    healthy('common', 2);
    mark(2);
    (new Kernel())->handle($start);
    exit;
}
if ($way === 'warned') {
    // Warnings of functions that failed, which the runtime tells and goes on.
    $warn = [
        fn () => file_get_contents('/var/lib/gallery/albums.json'), fn () => fopen('/var/lib/gallery/lock', 'r'),
        fn () => fsockopen('127.0.0.1', 9), fn () => unlink('/var/lib/gallery/lock'), fn () => mkdir('/etc'),
        fn () => stream_socket_client('tcp://127.0.0.1:9'), fn () => rename('/var/lib/a', '/var/lib/b'),
        fn () => copy('/var/lib/a', '/var/lib/b'),
    ];
    foreach ($warn as $each) {
        healthy('error_log', 1);
        mark(2);
        $each();
        mark(3);
    }
    healthy('error_log', 1);
    exit;
}
$number = 0;
foreach (array_keys($failures) as $at => $name) {
    if ($at % (int) $step !== (int) $start) {
        continue;
    }
    healthy($way, $way === 'printed' ? 1 : 0);
    try {
        (new Kernel())->handle($name);
        echo "did not fail: $name\n";
    } catch (\Throwable $error) {
        $said = sprintf(SAID[mt_rand(0, 5)], mt_rand(100, 9000));
        mark(2);
        if ($number % 4 === 1) {
            say($way, 'ERROR', "$said: " . ($error->getMessage() ? strtok($error->getMessage(), "\n") : $error::class));
        } elseif ($number % 7 === 3) {
            say($way, 'WARNING', $said, $error);
        } else {
            say($way, $number % 9 === 5 ? 'CRITICAL' : 'ERROR', $said, $error);
        }
        mark(3);
        $number++;
    }
}
healthy($way, 1);
