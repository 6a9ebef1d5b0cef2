<?php
// Falls as PHP programs fall: by argument, one way each.
ini_set('log_errors', '1');
ini_set('display_errors', '0');
ini_set('memory_limit', '16M');

class ChargeFailed extends RuntimeException {}

function total(int $amount): int { return $amount * 2; }

function charge(array $order): int
{
    try {
        return total($order['amount']);
    } catch (TypeError $error) {
        throw new ChargeFailed('order 4711 cannot be charged', 12, $error);
    }
}

function calm(string $text): void { error_log($text); }

$way = $argv[1];
calm('cart 17 was opened');
switch ($way) {
    case 'previous': charge(['amount' => 'three']);
    case 'twice': try { charge(['amount' => 'three']); } catch (ChargeFailed $error) { throw new LogicException('till is stuck', 3, $error); }
    case 'type': total('three');
    case 'memory': $all = []; while (true) { $all[] = str_repeat('x', 1 << 20); }
    case 'time': set_time_limit(1); while (true) { }
    case 'undefined': ship(4711);
    case 'method': (new ArrayObject())->ship();
    case 'class': new Missing();
    case 'null': $till = null; $till->total();
    case 'zero': echo 1 % (count($argv) - 2);
    case 'match': echo match ($way) { 'other' => 1 };
    case 'json': json_decode('{ four: ', false, 9, JSON_THROW_ON_ERROR);
    case 'date': new DateTime('the day after never');
    case 'require': @require '/srv/till/vendor/autoload.php';
    case 'parse': include 'broken.php';
    case 'multiline': throw new ChargeFailed("the bank said:\n  code 12\n  declined");
    case 'user': trigger_error('the till is locked', E_USER_ERROR);
    case 'logged':
        try { charge(['amount' => 'three']); } catch (ChargeFailed $error) { error_log((string) $error); }
        calm('cart 17 was closed');
        break;
    case 'calm-printed':
        calm('no error found, errors=0, handled TypeError');
        break;
}
