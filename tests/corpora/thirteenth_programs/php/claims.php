<?php
// Send the claims of a veterinary hospital to the insurers of its patients.
//
// Ways: `laravel` is Monolog's LineFormatter as Laravel sets it up, `monolog` the same as it comes, `json` its
// JsonFormatter; `errorlog` is error_log() into a file, `bare` the stream, `journal` error_log() without a file.
declare(strict_types=1);

spl_autoload_register(function (string $class): void {
    $file = __DIR__ . '/vendor/' . str_replace('\\', '/', $class) . '.php';
    if (is_file($file)) require $file;
});

use Monolog\Formatter\JsonFormatter;
use Monolog\Formatter\LineFormatter;
use Monolog\Handler\StreamHandler;
use Monolog\Logger;

[, $way, $seed, $start, $state] = $argv;
const JOBS = 44;
function mark(string $byte): void { file_put_contents('php://stdout', "$byte\n"); }

class ClaimRejected extends RuntimeException {}

function setUp(string $way): Closure
{
    if (in_array($way, ['laravel', 'monolog', 'json'])) {
        $handler = new StreamHandler('php://stderr');
        if ($way === 'laravel') {
            $handler->setFormatter(new LineFormatter(null, 'Y-m-d H:i:s', true, true, true));
        } elseif ($way === 'json') {
            $handler->setFormatter(new JsonFormatter(JsonFormatter::BATCH_MODE_NEWLINES, true, false, true));
        }
        $log = new Logger($way === 'laravel' ? 'production' : 'claims', [$handler]);
        return fn (string $level, string $text, ?Throwable $e = null) => $log->log($level, $text, $e ? ['exception' => $e] : []);
    }
    if ($way === 'bare') {
        return fn (string $level, string $text, ?Throwable $e = null) => fwrite(
            STDERR, ($level === 'error' || $level === 'critical' ? 'ERROR: ' : '') . $text . ($e ? ": $e" : '') . "\n");
    }
    return fn (string $level, string $text, ?Throwable $e = null) => error_log("[$level] $text" . ($e ? ": $e" : ''));
}

$say = setUp($way);

class Job
{
    private string $claim;
    private string $insurer;
    private string $pet;

    public function __construct(private int $number, private int $seed, private Closure $say)
    {
        mt_srand($seed * 1000 + $number);
        $this->claim = 'C' . mt_rand(10000, 99999);
        $this->insurer = ['PetSure', 'Agria', 'Uelzener', 'Trupanion'][mt_rand(0, 3)];
        $this->pet = ['Biscuit', 'Luna', 'Otto', 'Pepper', 'Miso'][mt_rand(0, 4)];
    }

    private function work(): void
    {
        $lines = [
            ['info', "Claim {$this->claim} for {$this->pet} created"],
            ['info', "Claim {$this->claim} accepted by {$this->insurer}"],
            ['debug', 'Loaded ' . mt_rand(2, 40) . ' treatments'],
            ['info', "Statement of {$this->insurer} imported in " . mt_rand(10, 400) . ' ms'],
            ['warning', "Policy of {$this->pet} ends in " . mt_rand(2, 20) . ' days'],
        ];
        shuffle($lines);
        foreach (array_slice($lines, 0, mt_rand(2, 4)) as [$level, $text]) ($this->say)($level, $text);
    }

    private function checkPolicy(): void { throw new ClaimRejected("policy " . mt_rand(1000, 9999) . " of {$this->pet} has expired"); }
    private function submit(): void
    {
        try {
            $this->checkPolicy();
        } catch (ClaimRejected $e) {
            throw new RuntimeException("claim {$this->claim} not submitted", 0, $e);
        }
    }
    private function parse(): void { json_decode("{\"claim\": {$this->number}, ", false, 8, JSON_THROW_ON_ERROR); }
    private function share(): int { return intdiv(mt_rand(1, 900), 0); }
    private function insurerOf(): void { $policy = null; $policy->getInsurer(); }
    private function add(int $cents): int { return $cents; }
    private function total(): int { return $this->add(mt_rand(1, 90) . '.50'); }
    private function sign(): void { sign_claim($this->claim); }
    private function schedule(): void { new DateTimeImmutable("2026-13-" . mt_rand(40, 60)); }
    private function store(): void { (new PDO('sqlite:/nonexistent/claims.db'))->exec('SELECT 1'); }

    private function failing(): array
    {
        $steps = [
            ['checkPolicy', "Policy check of {$this->claim} failed"],
            ['submit', "Submission of {$this->claim} failed"],
            ['parse', "Answer of {$this->insurer} unreadable"],
            ['share', "Own share of {$this->claim} not computed"],
            ['insurerOf', "Insurer of {$this->pet} not found"],
            ['total', "Total of {$this->claim} not computed"],
            ['sign', "Signing {$this->claim} failed"],
            ['schedule', "Payment of {$this->claim} not scheduled"],
        ];
        return $steps[($this->number * 3 + $this->seed) % count($steps)];
    }

    private function caught(bool $traced): void
    {
        [$step, $text] = $this->failing();
        try {
            $this->$step();
        } catch (Throwable $e) {
            mark("\2");
            $traced ? ($this->say)('error', $text, $e) : ($this->say)('error', "$text: " . $e->getMessage());
            mark("\3");
        }
    }

    private function separate(): void
    {
        $texts = [
            "Mail to {$this->insurer} refused: 550 mailbox unavailable",
            "Upload of X-ray for {$this->claim} failed: HTTP 413",
            'Fax ' . mt_rand(100, 900) . ' could not be sent: line busy',
        ];
        foreach (array_slice($texts, mt_rand(0, 1)) as $text) {
            mark("\2");
            ($this->say)('error', $text);
            mark("\3");
        }
    }

    public function run(): void
    {
        $this->work();
        if ($this->number === 25) {
            mark("\2");
            $kept = [];
            while (true) $kept[] = str_repeat($this->claim, 1000);
        }
        switch ($this->number % 11) {
            case 0: case 2: case 4: case 8: $this->caught(true); break;
            case 1: case 6: case 10: $this->caught(false); break;
            case 5: $this->separate(); break;
            case 7:
                mark("\2");
                ($this->say)('critical', "Certificate of {$this->insurer} has expired, stopping");
                exit(1);
            default:
                [$step] = $this->failing();
                mark("\2");
                $this->$step();
        }
    }
}

$say('info', 'Claims worker started');
for ($number = (int) $start; $number < JOBS; $number++) {
    file_put_contents($state, (string) $number);
    (new Job($number, (int) $seed, $say))->run();
}
$say('info', 'All claims sent');
file_put_contents($state, 'done');
