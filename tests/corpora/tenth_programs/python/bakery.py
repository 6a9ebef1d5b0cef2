"""A bakery that takes orders, bakes and delivers; `python bakery.py way seed start state`."""

import asyncio
import json
import logging
import random
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

WAY, SEED, START, STATE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
LAYOUTS = {"journal": "%(levelname)s %(name)s: %(message)s"}
chance = random.Random(SEED * 1000 + START)
root = logging.getLogger()


class JsonFormatter(logging.Formatter):
    def format(self, record):
        shown = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "level": record.levelname, "logger": record.name}
        shown["message"] = record.getMessage()
        if record.exc_info:
            shown["stack"] = self.formatException(record.exc_info)
        return json.dumps(shown)


def set_up():
    if WAY == "basic":
        logging.basicConfig(level=logging.INFO)
    elif WAY == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter())
        logging.basicConfig(level=logging.INFO, handlers=[handler])
    elif WAY != "bare":
        layout = LAYOUTS.get(WAY, "%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.basicConfig(level=logging.INFO, format=layout)


def say(text, name="bakery.orders", level=logging.INFO):
    if WAY == "bare":
        print(("WARNING: " if level == logging.WARNING else "") + text)
    else:
        logging.getLogger(name).log(level, text)


def error(text, name="bakery.oven"):
    if WAY == "bare":
        print("ERROR: " + text, file=sys.stderr)
    else:
        logging.getLogger(name).error(text)


def exception(text, name="bakery.orders"):
    if WAY == "bare":
        traceback.print_exc()
    else:
        logging.getLogger(name).exception(text)


def mark(byte):
    sys.stderr.write(byte + "\n")
    sys.stderr.flush()


def number():
    return chance.randint(2, 9000)


def work():
    for _ in range(chance.randint(2, 4)):
        n = number()
        text, name = chance.choice(
            [
                (f"order {n} accepted: {n % 30} loaves of rye", "bakery.orders"),
                (f"oven {n % 5} at {180 + n % 60} degrees", "bakery.oven"),
                (f"van {n % 9} left for the market", "bakery.delivery"),
                (f"dough batch {n} rising for {n % 90} minutes", "bakery.dough"),
                (f"invoice {n} sent to customer {n % 311}", "bakery.billing"),
                (f"GET /orders/{n} 200 {n % 40}ms", "bakery.web"),
                (f"stock counted: flour {n} kg, salt {n % 77} kg", "bakery.stock"),
            ]
        )
        say(text, name)
    if chance.random() < 0.4:
        n = number()
        say(
            *chance.choice(
                [
                    (f"nightly check done: {n} orders, 0 errors", "bakery.report"),
                    (f"price list {n} checked, no error found", "bakery.report"),
                    (f"payment gateway answered on retry 2 after a timeout, order {n} paid", "bakery.billing"),
                    (f"GET /help/exception-handling/{n} 200 3ms", "bakery.web"),
                    (f'reply from the mill: {{"order": {n}, "error": null}}', "bakery.stock"),
                    (f"import finished: ok={n} failed=0", "bakery.orders"),
                    (f"flour below {n % 40} kg, order more soon", "bakery.stock", logging.WARNING),
                ]
            )
        )


class OrderError(Exception):
    pass


class OvenTooHot(OrderError):
    def __init__(self, oven, degrees):
        super().__init__(f"oven {oven} is at {degrees} degrees, limit is 260")


def load_order(n):
    return {"customer": n, "lines": [{"item": "rye", "count": 3}]}


def price(order):
    return order["lines"][0]["price"]


def total(order):
    return sum(Decimal(line["price"]) for line in [{"price": order}])


def heat(oven):
    if oven % 2:
        raise OvenTooHot(oven, 261 + oven % 80)
    raise OrderError(f"oven {oven} does not answer")


def weigh(n, depth=0):
    return weigh(n, depth + 1)


def key_error():
    price(load_order(number()))


def zero_division():
    return number() / len([])


def bad_number():
    int(f"{number()} loaves")


def no_file():
    open(f"/srv/bakery/recipes/{number()}.txt")


def bad_json():
    json.loads('{"order": %d, "items": [' % number())


def refused():
    urllib.request.urlopen("http://127.0.0.1:9/prices", timeout=2)


def no_table():
    sqlite3.connect(":memory:").execute(f"SELECT * FROM orders WHERE id = {number()}")


def unique():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE customers (email TEXT UNIQUE)")
    for _ in range(2):
        db.execute("INSERT INTO customers VALUES (?)", (f"c{7}@example.com",))


def bad_type():
    return "order " + number()


def no_attribute():
    return None.deliver(number())


def too_hot():
    heat(number())


def recursion():
    weigh(number())


def command_failed():
    subprocess.run(["sh", "-c", f"exit {number() % 200 + 1}"], check=True)


def decimal_failed():
    total(f"{number()},50")


def decode_failed():
    b"br\xf6tchen".decode("utf-8")


def assertion():
    assert number() < 0, "stock must not be negative"


def timed_out():
    async def slow():
        await asyncio.wait_for(asyncio.sleep(5), 0.001)

    asyncio.run(slow())


def in_pool():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(heat, number()).result()


def chained():
    try:
        bad_number()
    except ValueError as e:
        raise OrderError(f"order {number()} cannot be read") from e


def during():
    try:
        no_file()
    except FileNotFoundError:
        price(load_order(number()))


def three_deep():
    try:
        chained()
    except OrderError as e:
        raise RuntimeError("import of the day stopped") from e


def grouped():
    failures = []
    for job in chance.sample([bad_number, key_error, too_hot, no_file, bad_type], 3):
        try:
            job()
        except Exception as e:
            failures.append(e)
    raise ExceptionGroup(f"{len(failures)} orders failed", failures)


def nested_group():
    try:
        grouped()
    except ExceptionGroup as e:
        raise ExceptionGroup("delivery round failed", [e, ConnectionResetError(104, "Connection reset by peer")])


def noted():
    e = ValueError(f"weight of order {number()} is negative")
    e.add_note("The scale was last set to zero in March.")
    raise e


def long_message():
    raise OrderError(f"order {number()} is not complete:\n  - no address\n  - no telephone\n  - count is 0")


RAISED = [key_error, zero_division, bad_number, no_file, bad_json, refused, no_table, unique, bad_type, no_attribute]
RAISED += [too_hot, recursion, command_failed, decimal_failed, decode_failed, assertion, timed_out, in_pool, chained]
RAISED += [during, three_deep, grouped, nested_group, noted, long_message]
HEADS = [
    "order {} failed",
    "Unhandled exception while serving /orders/{}",
    "could not bake batch {}",
    "job {} crashed",
    "Failed to process message {}",
    "Exception in worker {}",
    "delivery {} aborted",
    "unexpected error in order {}",
]


def logged(job):
    try:
        job()
    except Exception:
        exception(chance.choice(HEADS).format(number()))


def plain():
    n = number()
    error(
        chance.choice(
            [
                f"payment of order {n} failed: card declined by the bank",
                f"could not connect to printer {n % 9}: [Errno 111] Connection refused",
                f"oven {n % 5} sensor failure: no reading for {n % 300} seconds",
                f"timed out after {n % 60 + 1}s waiting for the mill",
                f"Cannot write label {n}: No space left on device",
                f"invoice {n} rejected: invalid VAT number",
                f"Failed to send mail to customer {n}: 550 mailbox unavailable",
            ]
        )
    )


def several_lines():
    n = number()
    error(
        chance.choice(
            [
                f"validation of order {n} failed:\n  count: must be greater than 0\n  date: must be in the future",
                f"3 deliveries failed:\n  van 1: flat tyre\n  van {n % 9}: no driver\n  van 7: address not found",
                f"query failed after {n} ms:\n    SELECT id, total\n    FROM orders\n    WHERE total > {n}",
            ]
        )
    )


def in_thread():
    thread = threading.Thread(target=heat, args=(number(),), name="oven-watch")
    thread.start()
    thread.join()


def main():
    set_up()
    say("bakery started", "bakery")
    # A note at column 0 cannot be told from the next line of work where no line has a head.
    jobs = [lambda job=job: logged(job) for job in RAISED if WAY != "bare" or job is not noted]
    jobs += [plain] * 7 + [several_lines] * 4 + [in_thread] * 2
    dying = [key_error, chained, grouped, too_hot, no_file, nested_group]
    jobs += dying
    random.Random(SEED).shuffle(jobs)
    for i in range(START, len(jobs)):
        STATE.write_text(str(i))
        work()
        mark("\2")
        jobs[i]()
        mark("\3")
    work()
    say("bakery closed", "bakery")
    STATE.write_text("done")


main()
