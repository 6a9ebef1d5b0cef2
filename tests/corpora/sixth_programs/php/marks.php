<?php
// Marks in the log what tells of a failure; whoever falls writes nothing behind.
mt_srand(crc32(implode(' ', $argv ?? [$_SERVER['SCRIPT_NAME'] ?? ''])));

function mark(string $what): void
{
    static $log = null;
    $log ??= fopen('php://stdout', 'w');
    fwrite($log, "$what\n");
    fflush($log);
}

function begin(): void
{
    mark("\2");
}

function failure(callable $tell): void
{
    begin();
    $tell();
    mark("\3");
}

function pick(array $of): mixed
{
    return $of[mt_rand(0, count($of) - 1)];
}

function shuffled(array $failures, int $times): array
{
    $names = array_merge(...array_fill(0, $times, array_keys($failures)));
    shuffle($names);
    return $names;
}

function some(callable $say): void
{
    for ($i = mt_rand(0, 5); $i > 0; $i--) {
        $say();
    }
}
