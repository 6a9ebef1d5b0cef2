<?php
function charge(array $order)
{
    return $order["amount"];
}}
