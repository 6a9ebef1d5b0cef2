<?php
// Prints what PHP prints: by argument, one way of falling each.
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

switch ($argv[1]) {
    case 'previous': charge(['amount' => 'three']);
    case 'type': total('three');
    case 'memory': $all = []; while (true) { $all[] = str_repeat('x', 1 << 20); }
    case 'time': set_time_limit(1); while (true) { }
    case 'undefined': ship(4711);
    case 'connect': new PDO('mysql:host=127.0.0.1;port=9', 'shop');
    case 'logged': try { charge(['amount' => 'three']); } catch (ChargeFailed $error) { error_log((string) $error); exit(0); }
    case 'warning': echo $cart; file_get_contents('/srv/shop/missing.json'); exit(0);
    case 'require': require '/srv/shop/vendor/autoload.php';
}
