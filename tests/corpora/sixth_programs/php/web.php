<?php
// A page of a swimming pool, behind the server that PHP brings.
ini_set('display_errors', '0');
ini_set('log_errors', '1');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

class Pool
{
    public ?array $lanes = null;
    public function lane(int $n): string { return $this->lanes->label($n); }
}

match ($path) {
    '/lane' => (new Pool())->lane(3),
    '/type' => (new Pool())->lane('three'),
    '/divide' => 7 % 0,
    '/pdo' => new PDO('mysql:host=127.0.0.1;port=9', 'pool'),
    '/sqlite' => (new PDO('sqlite::memory:'))->query('SELECT * FROM lanes'),
    '/throw' => throw new LengthException('lane 9 is 24.98 m long'),
    '/function' => bathing_cap(),
    '/file' => readfile('/srv/pool/hours.html'),
    '/log' => error_log('ERROR: chlorine sensor 2 does not answer'),
    '/ok' => print 'ok',
    '/info' => error_log('guest 17 paid, no error'),
    default => http_response_code(404),
};
