<?php
// Falls in other ways than `falls.php`, and logs as Monolog lays out its lines.
ini_set('log_errors', '1');
ini_set('display_errors', '0');

enum Tea: string { case Green = 'green'; }
final class BankDown extends DomainException {}
interface Pot { public function pour(): int; }

function ask(int $bank): never { throw new BankDown("bank $bank is down"); }
function pay(): void
{
    try { ask(1); } catch (BankDown $one) {
        try { intdiv(1, 0); } catch (DivisionByZeroError $two) { throw new ErrorException('no bank', 3, E_ERROR, __FILE__, 12, $two); }
    }
}
function say(string $level, string $message, ?Throwable $error = null): void
{
    $context = $error ? '{"exception":"[object] (' . $error::class . "(code: 0): {$error->getMessage()} at {$error->getFile()}:{$error->getLine()})\n[stacktrace]\n{$error->getTraceAsString()}\n\"}" : '[]';
    fwrite(STDERR, "[2026-11-22T10:01:02.123456+00:00] shop.$level: $message $context []\n");
}

$way = $argv[1];
say('INFO', 'cart 17 was opened');
switch ($way) {
    case 'bank': ask(1);
    case 'pay': pay();
    case 'enum': Tea::from('black');
    case 'abstract': eval('class Kettle implements Pot {}');
    case 'arguments': ask();
    case 'readonly': $o = new class(1) { public function __construct(public readonly int $x) {} }; $o->x = 2;
    case 'generator': (function () { yield 1; ask(2); })()->next(); foreach ((function () { yield 1; ask(2); })() as $x);
    case 'closure': array_map(fn ($bank) => ask($bank), [1, 2]);
    case 'string': strlen();
    case 'offset': (new SplFixedArray(2))[5];
    case 'unserialize': unserialize('O:7:"BankDo"', ['allowed_classes' => false]) ?: ask(3);
    case 'monolog':
        try { pay(); } catch (Throwable $error) { say('ERROR', 'payment failed', $error); }
        say('INFO', 'cart 18 was opened');
        say('CRITICAL', 'the queue is full');
        say('INFO', 'cart 17 was closed');
}
