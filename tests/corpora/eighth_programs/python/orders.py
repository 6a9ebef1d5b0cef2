"""A shop's order worker: takes jobs from a queue, logs the ones that fail and goes on, and sometimes dies."""

import asyncio
import csv
import decimal
import faulthandler
import gc
import io
import json
import logging
import os
import random
import smtplib
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import traceback
import urllib.request
import xml.etree.ElementTree
import zipfile
from pathlib import Path

WAY, SEED, START, STATE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
log = logging.getLogger("shop.orders")
chance = random.Random()


def begin():
    os.write(2, b"\2\n")


def end():
    os.write(2, b"\3\n")


class PaymentDeclined(Exception):
    """The gateway refused the card."""


class ImportFailed(Exception):
    """A file from a supplier could not be taken over."""


class StockError(RuntimeError):
    """The warehouse and the shop disagree."""


class AsJson(logging.Formatter):
    def format(self, record):
        entry = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exc_info"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class AsLogfmt(logging.Formatter):
    def format(self, record):
        line = f"time={self.formatTime(record, '%Y-%m-%dT%H:%M:%SZ')} level={record.levelname.lower()} "
        line += f"logger={record.name} msg={json.dumps(record.getMessage())}"
        if record.exc_info:
            line += f" error={json.dumps(str(record.exc_info[1]))} stack={json.dumps(self.formatException(record.exc_info))}"
        return line


def order():
    return chance.randint(10_000, 99_999)


def missing_key():
    return {"sku": "A-1", "qty": 2}["unit_price" if order() % 2 else "currency"]


def bad_number():
    return int(chance.choice(["12,50", "n/a", "", "3.0kg"]))


def no_items():
    return 1250 / len([])


def bad_json():
    return json.loads(chance.choice(['{"order": 12', "", "<html>502</html>", '{"qty": 01}', "[1, 2,]"]))


def no_file():
    return open(f"/srv/data/invoices/{order()}.pdf", "rb")


def refused():
    return socket.create_connection(("127.0.0.1", 9), timeout=2)


def no_table():
    return sqlite3.connect(":memory:").execute(f"SELECT total FROM orders_{order() % 12} WHERE id = ?", (order(),))


def twice():
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE invoices (number INTEGER UNIQUE)")
    for _ in range(2):
        base.execute("INSERT INTO invoices VALUES (4711)")


def bad_bytes():
    return b"Caf\xe9 M\xfcller".decode("utf-8")


def no_customer():
    customer = None
    return customer["email"] if order() % 2 else customer.email


def too_slow():
    async def quote():
        async with asyncio.timeout(0.005):
            await asyncio.sleep(1)

    asyncio.run(quote())


def tool_failed():
    subprocess.run(["sh", "-c", f"exit {chance.choice([1, 2, 64])}"], check=True)


def tool_hangs():
    subprocess.run(["sleep", "3"], timeout=0.01)


def no_mail():
    smtplib.SMTP("127.0.0.1", 9, timeout=2)


def no_web():
    urllib.request.urlopen(f"http://127.0.0.1:9/v1/rates?order={order()}", timeout=2)


def bad_amount():
    return decimal.Decimal("12.3O")


def short_frame():
    return struct.unpack("<IIH", b"\x01\x02\x03")


def bad_feed():
    return xml.etree.ElementTree.fromstring("<feed><item sku='9'></feed>")


def bad_archive():
    return zipfile.ZipFile(io.BytesIO(b"not a zip"))


def bad_csv():
    return list(csv.reader(io.StringIO('a,"b\n'), strict=True))


def declined():
    raise PaymentDeclined(
        f"card ending {order() % 10000:04} declined: {chance.choice(['insufficient funds', 'expired'])}"
    )


def chained():
    try:
        refused()
    except OSError as error:
        raise StockError(f"warehouse unreachable while reserving order {order()}") from error


def thrice():
    try:
        chained()
    except StockError:
        raise ImportFailed("nightly import stopped")


def while_handling():
    try:
        bad_json()
    except ValueError:
        {}["fallback"]


def grouped():
    async def one(call):
        call()

    async def all_of_them():
        async with asyncio.TaskGroup() as group:
            for call in (declined, bad_number, no_table)[: chance.randint(2, 3)]:
                group.create_task(one(call))

    asyncio.run(all_of_them())


def nested_group():
    errors = []
    for call in (chained, missing_key):
        try:
            call()
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup(
        "sync of 2 shops failed", [errors[0], ExceptionGroup("prices", [errors[1], ValueError("EUR")])]
    )


def noted():
    try:
        bad_amount()
    except decimal.DecimalException as error:
        error.add_note(f"order {order()}, line 3")
        error.add_note("supplier file prices_2026w48.csv")
        raise


def of_lines():
    raise ImportFailed(
        f"3 rows of prices.csv rejected:\n  row {order() % 90}: price is negative\n  row 212: unknown sku\n  row 213: empty"
    )


def of_sql():
    statement = "SELECT o.id,\n       c.email\nFROM orders o\nJOIN customers c ON c.id = o.customer_id\nWHERE o.id = %s"
    raise StockError(f"query failed\n[SQL: {statement % order()}]\n(Background on this error: see the manual)")


def recursion(depth=0):
    return recursion(depth + 1)


def middleware(left):
    return middleware_inner(left)


def middleware_inner(left):
    return middleware(left - 1) if left else declined()


def deep():
    middleware(chance.randint(8, 22))


def asserted():
    total, paid = 1250, order()
    assert total == paid, f"totals differ: {total} != {paid}"


LOGGED = [
    missing_key, bad_number, no_items, bad_json, no_file, refused, no_table, twice, bad_bytes, no_customer, too_slow,
    tool_failed, tool_hangs, no_mail, no_web, bad_amount, short_frame, bad_feed, bad_archive, bad_csv, declined, chained,
    thrice, while_handling, grouped, nested_group, noted, of_lines, of_sql, recursion, deep, asserted,
]  # fmt: skip


def logged(call):
    try:
        call()
    except Exception:
        text = chance.choice(
            ["Failed to process order %s", "Unhandled error in job %s", "order %s could not be shipped"]
        )
        begin()
        log.exception(text, order())
        end()


def told():
    text = chance.choice(
        [
            "Payment gateway returned 502 for order {}",
            "Could not send the confirmation for order {}: mailbox unavailable",
            "Order {} has no shipping address, skipping it",
            "Timed out waiting for the warehouse lock (order {})",
            "Giving up on webhook for order {} after 5 attempts",
            "Stock of order {} went negative",
        ]
    ).format(order())
    begin()
    (log.critical if order() % 5 == 0 else log.error)(text)
    end()


def told_in_lines():
    text = f"Validation of order {order()} failed:\n  - email: not a valid address\n  - zip: must have 5 digits"
    if order() % 2:
        text += "\n  - items: must not be empty"
    begin()
    log.error(text)
    end()


def printed():
    try:
        chance.choice(LOGGED)()
    except Exception:
        begin()
        traceback.print_exc()
        end()


def in_thread():
    thread = threading.Thread(target=chance.choice([declined, chained, bad_number]), name=f"sync-{order() % 9}")
    begin()
    thread.start()
    thread.join()
    end()


def never_awaited():
    async def forgotten():
        refused()

    async def serve():
        task = asyncio.create_task(forgotten())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        begin()
        del task
        gc.collect()
        end()

    asyncio.run(serve())


def ignored():
    class Cursor:
        def __del__(self):
            raise RuntimeError("cursor closed twice")

    cursor = Cursor()
    begin()
    del cursor
    end()


def dies(call):
    begin()
    call()


def exits():
    begin()
    sys.exit(f"FATAL: configuration is incomplete: SHOP_{chance.choice(['DB', 'MAIL', 'KEY'])}_URL is not set")


def crashes():
    faulthandler.enable()
    begin()
    faulthandler._sigsegv()


def falls_over(call):
    """What a program with one handler around everything does."""
    try:
        call()
    except Exception:
        begin()
        log.critical("Worker crashed, shutting down", exc_info=True)
        os._exit(1)


WORK = [
    "Order {} received: {} items",
    "Order {} packed in {} ms",
    "Invoice {} written ({} kB)",
    "Reserved {} units for warehouse {}",
    "Sent the confirmation of order {} to customer {}",
    "GET /api/orders/{} 200 {}ms",
    "Queue depth is {}, {} workers busy",
    "Synchronised {} products, {} changed",
    "Cache refreshed: {} entries, {} evicted",
]
HEALTHY = [
    "Import finished: {} rows, 0 errors",
    "Health check ok: no error found",
    'Webhook answered {{"ok": true, "id": {}, "error": null}}',
    "GET /docs/exceptions/{} 200 12ms",
    "Order {} delivered to the carrier on attempt 2 of 3",
    "Reconnected to the broker, {} messages replayed",
    "Loaded error_pages.html for shop {}",
    "failed=0 skipped=0 done={}",
]


def work():
    for _ in range(chance.randint(2, 4)):
        text = chance.choice(HEALTHY) if chance.random() < 0.15 else chance.choice(WORK)
        log.info(text.format(order(), chance.randint(2, 900)))
        if chance.random() < 0.05:
            log.warning("Disk usage of /srv/data is at 81 percent")


def plan():
    told_ones = [told] * 7 + [told_in_lines] * 3
    if WAY in ("log", "json", "logfmt"):
        jobs = [(logged, call) for call in LOGGED] + [(falls_over, call) for call in chance.sample(LOGGED, 4)]
        jobs += [(never_awaited,)]
    else:
        jobs = [(logged, call) for call in chance.sample(LOGGED, 18)] + [
            (dies, call) for call in chance.sample(LOGGED, 18)
        ]
        jobs += [(printed,)] * 3 + [(in_thread,)] * 4 + [(never_awaited,), (ignored,), (exits,), (crashes,)]
    jobs += [(job,) for job in told_ones]
    chance.shuffle(jobs)
    return jobs


def main():
    layouts = {
        "log": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        "stderr": "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
        "plain": "%(levelname)s:%(name)s:%(message)s",
        "journal": "%(levelname)s %(name)s: %(message)s",
    }
    handler = logging.StreamHandler()
    formatter = {"json": AsJson, "logfmt": AsLogfmt}.get(WAY)
    handler.setFormatter(formatter() if formatter else logging.Formatter(layouts[WAY]))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    chance.seed(SEED)
    jobs = plan()
    log.info("Starting the order worker, release 4.%s", SEED)
    log.info("Connected to the broker")
    for number, (job, *arguments) in enumerate(jobs):
        if number < START:
            continue
        STATE.write_text(str(number))
        chance.seed(SEED * 1000 + number)
        work()
        job(*arguments)
    log.info("Queue drained, stopping")
    STATE.write_text("done")


main()
