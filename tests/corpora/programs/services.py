"""What Python prints when it falls, case by case: the marks (`@@ severity`, `@@ calm`) say what the next lines are."""

import asyncio
import json
import logging
import sys
import threading
import time
import traceback


def mark(what):
    print("@@", what, file=sys.stderr, flush=True)


def say(line):
    print(line, file=sys.stderr, flush=True)


class StockError(Exception):
    pass


def reserve(item, amount):
    if amount > 3:
        raise StockError(f"only 3 of {item} left, {amount} asked for")
    return {"tea": 1}[item]


def order(item, amount):
    try:
        return reserve(item, amount)
    except KeyError as error:
        raise LookupError(f"no item {item!r}") from error


def uncaught():
    order("tea", 9)


def chained():
    order("coffee", 1)


def handling():
    try:
        order("tea", 7)
    except StockError:
        open("/srv/shop/missing/orders.json")


def three():
    try:
        handling()
    except OSError as error:
        raise RuntimeError("cannot write down what is missing") from error


def group():
    faults = []
    for item, amount in (("tea", 5), ("coffee", 1), ("tea", 8)):
        try:
            order(item, amount)
        except Exception as error:
            faults.append(error)
    raise ExceptionGroup("3 orders failed", [ExceptionGroup("inner", faults[:2]), faults[2]])


def syntax():
    exec(compile("total = (1 + \nprint(total", "/srv/shop/prices.py", "exec"))


def indentation():
    exec(compile("def total():\nreturn 1", "/srv/shop/prices.py", "exec"))


def recursion():
    def deeper(n):
        return deeper(n + 1)

    deeper(0)


def noted():
    try:
        int("four")
    except ValueError as error:
        error.add_note("line 17 of the price list\ncolumn 3")
        raise


def several_lines():
    raise StockError("shelf A: 3\nshelf B: 0\nshelf C: none at all")


def leaves():
    sys.exit("shop: error: no configuration was given")


def logged(form, date=None):
    logging.basicConfig(format=form, datefmt=date, level=logging.INFO)
    log = logging.getLogger("shop.orders")
    for number in range(3):
        mark("calm")
        log.info("order %d received", 4711 + number)
        log.warning("order %d waits for stock, 0 errors so far", 4711 + number)
        mark("error")
        try:
            order("coffee", 1) if number % 2 else order("tea", 5 + number)
        except Exception:
            log.exception("order %d failed", 4711 + number)
        mark("error")
        log.error("order %d was given up", 4711 + number)
        mark("critical")
        log.critical("till %d is gone:\nno answer\nfrom it", number)
    mark("calm")
    log.info("no error found in 3 orders")


def threads():
    for number in range(2):
        mark("error")
        thread = threading.Thread(target=order, args=("tea", 4 + number), name=f"till-{number}")
        thread.start()
        thread.join()
    mark("calm")
    say("2026-11-22 10:00:01,000 INFO till closed")


def ignored():
    class Till:
        def __del__(self):
            raise OSError("drawer is jammed")

    mark("error")
    Till()


def task():
    async def main():
        async def charge():
            raise TimeoutError("bank did not answer")

        waiting = asyncio.create_task(charge())
        await asyncio.sleep(0.01)
        del waiting

    mark("error")
    asyncio.run(main())


def as_json():
    for number in range(3):
        mark("calm")
        say(json.dumps({"ts": time.time(), "level": "info", "event": "received", "order": number, "error": None}))
        mark("error")
        try:
            order("tea", 4 + number)
        except Exception:
            fields = {"ts": time.time(), "level": "error", "event": "order failed", "exception": traceback.format_exc()}
            say(json.dumps(fields))


def as_logfmt():
    for number in range(3):
        mark("calm")
        say(f'ts=2026-11-22T10:00:0{number}Z level=info msg="order received" order={number} errors=0')
        mark("error")
        say(f'ts=2026-11-22T10:00:0{number}Z level=error msg="order failed" order={number} err="no tea"')


CASES = {
    "syslogged": lambda: logged("%(asctime)s web01 shop[4711]: %(levelname)s: %(message)s", "%b %d %H:%M:%S"),
    "logged": lambda: logged("%(asctime)s %(levelname)s [%(name)s] %(message)s"),
    "logged_basic": lambda: logged(logging.BASIC_FORMAT),
    "logged_bare": lambda: logged("[%(asctime)s] %(levelname)-8s %(name)s:%(lineno)d: %(message)s"),
    "logged_iso": lambda: logged("%(asctime)s | %(levelname)s | %(threadName)s | %(message)s", "%Y-%m-%dT%H:%M:%SZ"),
}

if __name__ == "__main__":
    {**globals(), **CASES}[sys.argv[1]]()
