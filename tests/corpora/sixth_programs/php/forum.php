<?php
// A forum as PHP tells of it by itself: uncaught errors, warnings, notices, error_log.
require 'marks.php';
ini_set('log_errors', '1');
ini_set('display_errors', '0');
error_reporting(E_ALL);
set_include_path('/srv/forum/lib');

class ModerationError extends Exception {}

function post(int $thread, ?string $text): string
{
    return strtoupper($text) . $thread;
}

$failures = [
    'fopen' => fn () => fopen('/srv/forum/threads/7.txt', 'r'),
    'require' => fn () => include 'Smileys.php',
    'mkdir' => fn () => mkdir('/proc/forum'),
    'connect' => fn () => stream_socket_client('tcp://127.0.0.1:9', $n, $text, 1),
    'host' => fn () => file_get_contents('http://avatars.invalid/7.png'),
    'scandir' => fn () => scandir('/srv/forum/uploads'),
    'write' => fn () => file_put_contents('/srv/forum/cache/index.html', 'x'),
    'move' => fn () => rename('/srv/forum/a', '/srv/forum/b'),
    'exec' => fn () => move_uploaded_file('/srv/forum/a', '/srv/forum/b') ?: chmod('/srv/forum/a', 0600),
    'dom' => fn () => (new DOMDocument())->load('/srv/forum/skin.xml'),
];
$falls = [
    'type' => fn () => post('seven', 'x'),
    'arguments' => fn () => post(7),
    'undefined' => fn () => smiley(':-)'),
    'class' => fn () => new Captcha(),
    'moderation' => fn () => throw new ModerationError("thread 9 is locked\nby moderator 4"),
    'chain' => function () {
        try {
            intdiv(PHP_INT_MIN, -1);
        } catch (ArithmeticError $e) {
            throw new ModerationError('karma cannot be computed', 3, $e);
        }
    },
    'static' => fn () => ModerationError::create(),
    'memory' => fn () => str_repeat('x', 200_000_000),
    'array' => fn () => [] > new stdClass() ?: (fn (array $a) => $a)(...['b' => 1]),
    'require' => fn () => require 'Signature.php',
    'abstract' => fn () => new class extends FilterIterator {},
    'time' => function () { set_time_limit(1); while (true); },
    'parse' => fn () => eval('function ('),
    'string' => function () { $s = 'abc'; $s[] = 'd'; },
    'generator' => function () { $g = (fn () => yield 1)(); foreach ($g as $x); foreach ($g as $x); },
];

function healthy(): void
{
    $n = mt_rand(1, 9000);
    error_log(pick([
        "forum: post $n stored", 'forum: 0 errors in queue', "forum: user $n logged in",
        "forum: mail to user $n sent at second try", 'forum: search for "uncaught exception" has 3 hits',
        "forum: warning: thread $n is long", 'forum: failed logins: 0', "forum: cache rebuilt in $n ms",
    ]));
}

if ($argv[1] === 'fall') {
    for ($i = 0; $i < 4; $i++) {
        healthy();
    }
    begin();
    $falls[$argv[2]]();
    exit;
}
set_error_handler(null);
foreach (shuffled($failures, 3) as $name) {
    some(healthy(...));
    if (mt_rand(0, 3) === 0) {
        trigger_error('forum: option "bbcode" is deprecated', E_USER_DEPRECATED);
        trigger_error("forum: thread " . mt_rand(1, 900) . " has no icon", E_USER_NOTICE);
    }
    if (mt_rand(0, 2) > 0) {
        failure($failures[$name]);
    } else {
        $caught = null;
        try {
            pick(array_values(array_diff_key($falls, array_flip(['memory', 'require', 'time', 'abstract']))))();
        } catch (Throwable $e) {
            $caught = $e;
        }
        if ($caught) {
            failure(fn () => error_log(pick([(string) $caught, 'forum: ERROR: ' . $caught->getMessage(), "forum: post not stored\n" . $caught])));
        }
    }
}
