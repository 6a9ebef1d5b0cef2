"""A shop of the standard library alone, that logs in one of five ways and meets most of what Python raises."""

import argparse
import asyncio
import concurrent.futures
import contextlib
import ctypes
import decimal
import faulthandler
import importlib
import io
import json
import logging
import os
import pickle
import random
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import traceback
import unittest
import urllib.request
import warnings
import zipfile
from pathlib import Path

WAY, MODE, SEED = sys.argv[1:4]
chance = random.Random(SEED)
log = logging.getLogger(chance.choice(["shop.orders", "stock", "shop.mail.queue"]))
ORDINARY = Path("../ordinary.txt").read_text().splitlines()
FORMATS = {
    "stamped": "%(asctime)s %(levelname)s %(name)s: %(message)s",
    "mixed": "[%(asctime)s] [%(levelname)-8s] %(message)s",
}
BARE = WAY in ("bare", "journal")


def mark(byte):
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(2, byte + b"\n")


def healthy():
    for _ in range(chance.choice([0, 1, 1, 2, 3, 5])):
        line = chance.choice(ORDINARY).replace("\\n", "\n")
        warns = line.startswith("W ")
        line = line.removeprefix("W ")
        if BARE or "\n" in line or (WAY == "mixed" and chance.random() < 0.5):
            print(line, flush=True)
        elif warns:
            log.warning(line)
        else:
            log.info(line)


def tell(what):
    """What a service does that goes on: as it logs, or to where it writes."""
    if not BARE:
        log.exception(what)
    elif chance.random() < 0.5:
        traceback.print_exc()
    else:
        print(f"{what}: ", file=sys.stderr, end="")
        traceback.print_exc()


class OutOfStock(Exception):
    pass


class Refused(RuntimeError):
    def __init__(self, order, why):
        super().__init__(f"order {order} refused: {why}")


def number():
    return chance.randint(1000, 9999)


def price(order):
    return {"book": 12, "pen": 2}[order["thing"]]


def total(orders):
    return sum(price(order) for order in orders)


def chained():
    try:
        total([{"thing": "book"}, {"thing": f"desk-{number()}"}])
    except KeyError as error:
        raise Refused(number(), "no price") from error


def while_handling():
    try:
        int("12,50")
    except ValueError:
        with Path(f"/var/lib/shop/{number()}.bad").open("w") as file:
            file.write("12,50")


def thrice():
    try:
        chained()
    except Refused as error:
        raise OutOfStock("desk") from error


def without_context():
    try:
        chained()
    except Refused:
        raise OutOfStock(f"shelf {number()}") from None


def group():
    found = []
    for text in ("x1", "17", "y2"):
        try:
            int(text)
        except ValueError as error:
            found.append(error)
    raise ExceptionGroup(
        f"{len(found)} rows of import {number()}",
        [*found, ExceptionGroup("later", [OSError(28, "No space left on device")])],
    )


def task_group():
    async def fetch(n):
        await asyncio.sleep(0)
        raise ConnectionResetError(104, f"Connection reset by peer {n}")

    async def both():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fetch(1))
            tasks.create_task(fetch(2))

    asyncio.run(both())


def deep():
    def walk(node, depth):
        if depth == 0:
            return node.children
        return walk(node, depth - 1)

    walk(None, chance.randint(2, 9))


def recursion():
    def size(folder):
        return 1 + size(folder)

    size("/srv")


def note():
    try:
        float("n/a")
    except ValueError as error:
        error.add_note(f"in row {number()} of prices.csv")
        error.add_note("the row was:\n  desk;n/a;3")
        raise


def lines():
    raise Refused(number(), "\n  - address is missing\n  - total is below zero\n  - coupon: expired")


def long_data():
    raise ValueError(
        "cannot save " + repr([{"id": number(), "tags": ["ä", "ö"], "rows": list(range(40))} for _ in range(12)])
    )


def unicode_name():
    raise LookupError(f"Kunde „Bjørn Ångström“ 客戶 {number()} not found ☠")


def decode():
    b"caf\xe9 noir".decode()


def encode():
    "prix \u20ac".encode("latin-1")


def broken_json():
    json.loads('{"id": %d, "name": }' % number())


def syntax():
    compile("price = (12 +\nname = 'x'", f"rule_{number()}.py", "exec")


def refused_port():
    socket.create_connection(("127.0.0.1", 1), timeout=2)


def url():
    urllib.request.urlopen("http://127.0.0.1:1/stock", timeout=2)


def database():
    with sqlite3.connect(":memory:") as db:
        db.execute("insert into orders values (1)")


def archive():
    zipfile.ZipFile(io.BytesIO(b"not a zip at all"))


def unpack():
    struct.unpack(">IH", b"\0\1\2")


def divide():
    return decimal.Decimal(number()) / decimal.Decimal(0)


def child():
    subprocess.run(["sh", "-c", "echo tar: archive: Cannot write >&2; exit 2"], check=True, capture_output=True)


def child_slow():
    subprocess.run(["sleep", "5"], check=True, timeout=0.05)


def absent():
    importlib.import_module(f"shop.plugins.pay{number()}")


def asserted():
    have, want = 3, number()
    assert have == want, f"have {have}, want {want}"


def later():
    async def slow():
        async with asyncio.timeout(0.01):
            await asyncio.sleep(1)

    asyncio.run(slow())


def pool():
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        threads.submit(total, [{"thing": "lamp"}]).result()


def pickled():
    pickle.loads(b"\x80\x04garbage")


def cleanup():
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: 1 / 0)
        raise OutOfStock(f"lamp {number()}")


def attribute():
    return log.infos


def wrong_call():
    return price()


TOLD = [chained, while_handling, thrice, without_context, group, task_group, deep, recursion, note, lines, long_data]
TOLD += [unicode_name, decode, encode, broken_json, syntax, refused_port, url, database, archive, unpack, divide, child]
TOLD += [child_slow, absent, asserted, later, pool, pickled, cleanup, attribute, wrong_call]


def thread():
    one = threading.Thread(target=price, args=({"thing": f"rug-{number()}"},), name=chance.choice([None, "mailer-2"]))
    one.start()
    one.join()


def never_retrieved():
    async def lost():
        raise OutOfStock(f"chair {number()}")

    async def main():
        task = asyncio.create_task(lost())
        await asyncio.sleep(0)
        del task

    asyncio.run(main())


def callback():
    async def main():
        asyncio.get_running_loop().call_soon(price, {"thing": "oak"})
        await asyncio.sleep(0)

    asyncio.run(main())


def never_awaited():
    async def lost():
        pass

    lost()


def ignored():
    class Handle:
        def __del__(self):
            raise OSError(9, f"Bad file descriptor {number()}")

    Handle()


def logging_broken():
    logging.getLogger("shop.audit").error("order %d of %s", "A-17")


def case():
    class Prices(unittest.TestCase):
        def test_total(self):
            self.assertEqual(total([{"thing": "pen"}]), 3)

    unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(Prices))


def plain_error():
    log.error("could not charge card of order %d: gateway answered 502", number())


def plain_lines():
    log.error("order %d not valid:\n  address: missing\n  total: below zero", number())


def critical():
    log.critical("no connection to the database after 5 attempts, giving up")


def stack_info():
    log.error("lock of order %d held for 30 s", number(), stack_info=True)


def warned():
    try:
        refused_port()
    except OSError:
        log.warning("stock did not answer, using yesterday's", exc_info=True)


def partial():
    print(f"packing order {number()} ... ", end="", file=sys.stderr)
    try:
        total([{"thing": "sofa"}])
    except KeyError:
        traceback.print_exc()


ITSELF = [thread, never_retrieved, callback, never_awaited, ignored, logging_broken, case, plain_error, plain_lines]
ITSELF += [critical, stack_info, warned]


def serve():
    itself = [thread, never_retrieved, callback, never_awaited, ignored, case, partial] if BARE else ITSELF
    failures = [*TOLD, *itself, *chance.sample(TOLD, 6)]
    chance.shuffle(failures)
    for failure in failures:
        healthy()
        if chance.random() < 0.1:
            print("DeprecationWarning is off; see docs") if BARE else logging.captureWarnings(True)
        mark(b"\2")
        try:
            failure()
        except Exception:
            tell(f"{failure.__name__.replace('_', ' ')} of job {number()} failed")
        mark(b"\3")
    healthy()


def fall(name):
    healthy()
    mark(b"\2")
    if name == "segfault":
        faulthandler.enable()
        ctypes.string_at(0)
    elif name == "usage":
        argparse.ArgumentParser("shop").parse_args(["--port", "x"])
    elif name == "memory":
        return bytearray(1 << 50)
    elif name == "exit":
        sys.exit(f"error: cannot bind 0.0.0.0:80: {os.strerror(13)}")
    elif name == "warning":
        warnings.simplefilter("error")
        warnings.warn("total() is gone", DeprecationWarning, stacklevel=1)
    else:
        globals()[name]()


if __name__ == "__main__":
    if WAY != "basic":
        logging.basicConfig(level=logging.INFO, format=FORMATS.get(WAY, logging.BASIC_FORMAT))
    else:
        logging.basicConfig(level=logging.INFO)
    if MODE == "serve":
        serve()
    else:
        fall(MODE)
