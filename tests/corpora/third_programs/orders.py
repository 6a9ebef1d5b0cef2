"""An order service: `orders.py WAY CASE` runs into one failure in one logging set-up, marking what belongs to it."""

import asyncio
import concurrent.futures
import json
import logging
import logging.config
import multiprocessing
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import traceback
import urllib.request
from dataclasses import dataclass, field


def begin():
    print("\x02", file=sys.stderr, flush=True)


def end():
    print("\x03", file=sys.stderr, flush=True)


class PaymentDeclined(Exception):
    def __init__(self, order, code):
        super().__init__(f"order {order} declined by the acquirer (code {code})")


class RepositoryError(RuntimeError):
    pass


@dataclass
class Cart:
    items: dict = field(default_factory=dict)

    def price(self, sku):
        return self.items[sku]


class Repository:
    def __init__(self):
        self.db = sqlite3.connect(":memory:")
        self.db.execute("create table orders (id integer primary key, total integer not null)")

    def add(self, number, total):
        self.db.execute("insert into orders values (?, ?)", (number, total))

    def report(self):
        return self.db.execute("select customer, sum(total) from orders group by customer").fetchall()


def total_of_cart():
    return Cart({"A-1": 5}).price("B-77")


def stock_refused():
    return urllib.request.urlopen("http://127.0.0.1:9/stock?sku=A-1", timeout=2).read()


def bank_timeout():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        with socket.create_connection(listening.getsockname(), timeout=0.05) as bank:
            bank.sendall(b"AUTH 17\r\n")
            return bank.recv(100)


def parse_webhook():
    return json.loads('{"id": 17, "status": paid}')


def load_config():
    with open("/etc/orders/orders.yaml") as config:
        return config.read()


def rotate_key():
    os.chmod("/proc/version", 0o600)


def write_invoice():
    with open("/dev/full", "w", buffering=1) as invoice:
        invoice.write("invoice 17\n")


def average_basket(orders=()):
    return sum(orders) / len(orders)


def expand(category):
    return expand(category + 1)


def walk_categories():
    return expand(0)


def duplicate_order():
    repository = Repository()
    repository.add(17, 100)
    try:
        repository.add(17, 100)
    except sqlite3.IntegrityError as error:
        raise RepositoryError("could not store order 17") from error


def bad_migration():
    return Repository().report()


def import_row():
    rows = ["17;12.50;EUR", "18;n/a;EUR"]
    return [float(row.split(";")[1]) for row in rows]


def customer_mail(customer=None):
    return customer.email.lower()


def declined():
    raise PaymentDeclined(17, 51)


def decode_upload():
    return b"caf\xe9 17".decode()


def run_backup():
    subprocess.run(["false", "--dump", "orders"], check=True)


def fan_out():
    failures = []
    for call in (parse_webhook, customer_mail):
        try:
            call()
        except Exception as failure:
            failures.append(failure)
    raise ExceptionGroup("2 of 3 hooks failed", failures)


def with_note():
    try:
        int("twelve")
    except ValueError as error:
        error.add_note("while reading line 12 of prices.csv")
        raise


def check_invariant():
    stock = -3
    assert stock >= 0, f"stock of A-1 is {stock}"


def cleanup_fails():
    try:
        parse_webhook()
    finally:
        os.remove("/run/orders/17.lock")


CASES = [
    total_of_cart, stock_refused, bank_timeout, parse_webhook, load_config, rotate_key, write_invoice, average_basket,
    walk_categories, duplicate_order, bad_migration, import_row, customer_mail, declined, decode_upload, run_backup,
    fan_out, with_note, check_invariant, cleanup_fails,
]  # fmt: skip

CHATTER = [
    (logging.INFO, "GET /orders/%d 200 in %dms", (17, 12)),
    (logging.INFO, "worker heartbeat ok, queue=%d errors=%d", (3, 0)),
    (logging.WARNING, "pool is at %d of %d connections", (18, 20)),
    (logging.INFO, "import of prices.csv finished: %d rows, %d failed", (1200, 0)),
    (logging.WARNING, "slow query took %dms", (1840,)),
    (logging.DEBUG, "cache miss for error_page:%d", (404,)),
    (logging.INFO, "retry policy: on_error=backoff, max=%d", (5,)),
]  # fmt: skip


class JsonFormatter(logging.Formatter):
    def format(self, record):
        line = {"timestamp": self.formatTime(record), "level": record.levelname, "logger": record.name}
        line["message"] = record.getMessage()
        if record.exc_info:
            line["exc_info"] = self.formatException(record.exc_info)
        else:
            line["error"] = None
        return json.dumps(line)


class UvicornFormatter(logging.Formatter):
    def format(self, record):
        record.levelprefix = (record.levelname + ":").ljust(9)
        return super().format(record)


FORMATS = {
    "basic": logging.BASIC_FORMAT,
    "dict": "%(asctime)s %(levelname)-8s [%(name)s:%(lineno)d] %(message)s",
    "dashes": "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
    "brackets": "[%(asctime)s] %(levelname)s in %(module)s: %(message)s",
    "celery": "[%(asctime)s: %(levelname)s/%(processName)s] %(message)s",
    "gunicorn": "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s",
}
DATES = {"gunicorn": "%Y-%m-%d %H:%M:%S +0000"}


def configure(way):
    formatter = {"class": "logging.Formatter", "format": FORMATS.get(way), "datefmt": DATES.get(way)}
    if way == "json":
        formatter = {"()": JsonFormatter}
    elif way == "uvicorn":
        formatter = {"()": UvicornFormatter, "fmt": "%(levelprefix)s %(message)s"}
    elif way not in FORMATS:
        formatter = {"class": "logging.Formatter", "format": FORMATS["dict"]}
    logging.config.dictConfig({
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"default": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "default"}},
        "root": {"level": "DEBUG", "handlers": ["console"]},
    })  # fmt: skip
    logging.getLogger("asyncio").setLevel(logging.INFO)
    return logging.getLogger("" if way == "basic" else "orders.api")


MESSAGES = {
    "uvicorn": "Exception in ASGI application",
    "gunicorn": "Error handling request /orders/17",
    "brackets": "Exception on /orders/17 [POST]",
    "basic": "Unhandled exception in worker loop",
    "dict": "Internal Server Error: /orders/17/",
    "dashes": "job nightly-report failed",
    "json": "request failed",
}


def logged(way, case, log):
    """The failure is logged with its trace, and the service goes on."""
    try:
        case()
    except Exception as error:
        begin()
        if way == "celery":
            task = f"orders.tasks.{case.__name__}[8a1f3c52-7d0e-4f4f-9a55-0c8f4f3f7a10]"
            log.error("Task %s raised unexpected: %r", task, error, exc_info=True)
        else:
            log.exception(MESSAGES[way])
        end()


def mentioned(case, log):
    """The failure is mentioned in one line, after a retry that was logged as a warning."""
    try:
        case()
    except Exception as error:
        log.warning("attempt 1 of 2 of %s did not succeed, retrying in 1s", case.__name__)
        begin()
        log.error(
            "giving up on %s after 2 attempts: %s: %s", case.__name__, type(error).__name__, str(error).split("\n")[0]
        )
        end()


def printed(case):
    print("worker 3: picked up job 881", file=sys.stderr, flush=True)
    try:
        case()
    except Exception:
        begin()
        traceback.print_exc()
        end()
    print("worker 3: waiting for jobs", file=sys.stderr, flush=True)


def in_thread(case):
    def work():
        begin()
        case()

    worker = threading.Thread(target=work, name="price-feed")
    worker.start()
    worker.join()
    end()


def in_pool(case, log):
    with concurrent.futures.ThreadPoolExecutor(2, "hooks") as pool:
        waiting = pool.submit(case)
        try:
            waiting.result()
        except Exception:
            begin()
            log.exception("hook failed")
            end()


def in_process(case):
    worker = multiprocessing.get_context("fork").Process(target=case, name="Importer-2")
    begin()
    worker.start()
    worker.join()
    end()


def in_task(case, log):
    async def handler():
        case()

    async def serve():
        task = asyncio.create_task(handler(), name="poll-bank")
        await asyncio.sleep(0)
        begin()
        del task
        end()

    asyncio.run(serve())


def in_callback(case):
    async def serve():
        loop = asyncio.get_running_loop()
        begin()
        loop.call_soon(case)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        end()

    asyncio.run(serve())


def logged_then_dies(case, log):
    """The log shows one report: a line with a trace right below it reads as `log.critical(..., exc_info=True)` does."""
    try:
        case()
    except Exception:
        begin()
        log.critical("orders cannot start, exiting")
        raise


def uncaught(case):
    begin()
    case()


WAYS = [
    "basic", "dict", "dashes", "brackets", "celery", "gunicorn", "uvicorn", "json", "mentioned", "printed", "thread",
    "pool", "process", "task", "callback", "dies", "uncaught",
]  # fmt: skip


def main(way, case):
    sys.setrecursionlimit(120)
    log = configure(way)
    seed = sum(map(ord, way + case.__name__))
    for number in range(3):
        level, text, values = CHATTER[(seed + number) % len(CHATTER)]
        log.log(level, text, *values)
    ways = {
        "mentioned": lambda: mentioned(case, log),
        "printed": lambda: printed(case),
        "thread": lambda: in_thread(case),
        "pool": lambda: in_pool(case, log),
        "process": lambda: in_process(case),
        "task": lambda: in_task(case, log),
        "callback": lambda: in_callback(case),
        "dies": lambda: logged_then_dies(case, log),
        "uncaught": lambda: uncaught(case),
    }
    ways.get(way, lambda: logged(way, case, log))()
    for number in range(2):
        level, text, values = CHATTER[(seed + 4 + number) % len(CHATTER)]
        log.log(level, text, *values)


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        print(" ".join(WAYS), " ".join(case.__name__ for case in CASES), sep="\n")
    else:
        main(sys.argv[1], next(case for case in CASES if case.__name__ == sys.argv[2]))
