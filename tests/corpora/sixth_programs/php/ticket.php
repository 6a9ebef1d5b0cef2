<?php
// Tickets of a help desk in Symfony's console: its blocks of errors and its logger.
require 'marks.php';
require 'Symfony/Component/Console/autoload.php';

use Psr\Log\LogLevel;
use Symfony\Component\Console\Application;
use Symfony\Component\Console\Exception\RuntimeException;
use Symfony\Component\Console\Logger\ConsoleLogger;
use Symfony\Component\Console\Output\ConsoleOutput;
use Symfony\Component\Console\Output\OutputInterface;

class TicketClosed extends LogicException {}

$output = new ConsoleOutput(OutputInterface::VERBOSITY_DEBUG, false);
$log = new ConsoleLogger($output);
$application = new Application('tickets', '3.1');

$failures = [
    'closed' => fn () => throw new TicketClosed('Ticket 17 is closed.'),
    'yaml' => fn () => throw new RuntimeException('The option "--since" requires a value.'),
    'range' => fn () => random_int(5, 1),
    'utf8' => fn () => json_encode("\xff", JSON_THROW_ON_ERROR),
    'iterator' => fn () => (new ArrayIterator([]))->seek(4),
    'queue' => fn () => (new SplQueue())->dequeue(),
    'fixed' => fn () => (new SplFixedArray(2))[7],
    'reflection' => fn () => new ReflectionMethod('TicketClosed', 'reopen'),
    'interval' => fn () => new DateInterval('two days'),
    'stringable' => fn () => implode(',', [new stdClass()]),
    'phar' => fn () => new PharData('/srv/tickets/archive.tar'),
    'file' => fn () => new SplFileObject('/srv/tickets/inbox.mbox'),
    'nested' => function () {
        try {
            new SplFileObject('/srv/tickets/lock', 'x');
        } catch (\RuntimeException $e) {
            throw new TicketClosed('Escalation of ticket 8 failed', 0, $e);
        }
    },
];

function healthy(): void
{
    global $log, $output;
    $n = mt_rand(1, 9000);
    pick([
        fn () => $log->info("ticket $n assigned"),
        fn () => $log->debug('mailbox has no errors'),
        fn () => $log->notice("ticket $n waits"),
        fn () => $output->writeln(" $n/9000 [===>----] imported, 0 failed"),
        fn () => $output->writeln("Ticket $n: 'Exception when printing' opened"),
        fn () => $log->warning('mailbox busy, next try in 5 s'),
        fn () => $output->writeln('Retry worked.'),
    ])();
}

foreach (shuffled($failures, 2) as $name) {
    healthy();
    some(healthy(...));
    try {
        $failures[$name]();
    } catch (Throwable $e) {
        failure(fn () => pick([
            function () use ($application, $output, $e) {
                $output->setVerbosity(OutputInterface::VERBOSITY_NORMAL);
                $application->renderThrowable($e, $output->getErrorOutput());
                $output->setVerbosity(OutputInterface::VERBOSITY_DEBUG);
            },
            fn () => $log->error("ticket not imported: {$e->getMessage()}"),
            fn () => $log->critical('import stops: {e}', ['e' => $e]),
            fn () => $log->error((string) $e),
            function () use ($application, $output, $e) {
                $output->getErrorOutput()->setVerbosity(OutputInterface::VERBOSITY_VERBOSE);
                $application->renderThrowable($e, $output->getErrorOutput());
            },
        ])());
    }
}
