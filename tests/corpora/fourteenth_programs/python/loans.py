"""The loan desk of a library network: works off loans, returns and reminders, and reads the climate of the vaults.

Ways of logging: `structlog` (its console renderer), `loguru` (as it comes), `celery` (logging in Celery's worker
layout), `json` (python-json-logger), `bare` (print and traceback), `journal` (logging without a time).
"""

import asyncio
import ctypes
import faulthandler
import gc
import json
import logging
import os
import random
import socket
import sqlite3
import sys
import threading
import traceback
from decimal import Decimal
from pathlib import Path

WAY, SEED, START, STATE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
JOBS = 50
BRANCHES = {"central": 1, "harbour": 2, "northgate": 3, "castle-museum": 4}
TITLES = (
    "The Atlas of Rivers",
    "Codex Albensis",
    "Letters from Turin",
    "Old Masters, New Light",
    "Field Guide to Moss",
)


class CatalogueError(Exception):
    """The union catalogue gave no usable answer."""


class LoanRefused(Exception):
    def __init__(self, reader, reason):
        super().__init__(f"loan refused for reader {reader}: {reason}")
        self.reader = reader


class Print:
    """What a worker without a logger does."""

    def debug(self, text):
        print(text)

    info = debug

    def warning(self, text):
        print(f"warning: {text}", file=sys.stderr)

    def error(self, text):
        print(f"error: {text}", file=sys.stderr)

    def critical(self, text):
        print(f"fatal: {text}", file=sys.stderr)

    def exception(self, text):
        print(text, file=sys.stderr)
        traceback.print_exc()


def logger():
    if WAY == "structlog":
        import structlog

        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S"),
                structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            ]
        )
        return structlog.get_logger().bind(branch="central")
    if WAY == "loguru":
        from loguru import logger as log

        return log
    if WAY == "bare":
        return Print()
    handler = logging.StreamHandler()
    if WAY == "json":
        from pythonjsonlogger.json import JsonFormatter

        fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
        handler.setFormatter(JsonFormatter(fields, rename_fields={"levelname": "level", "asctime": "timestamp"}))
    elif WAY == "celery":
        handler.setFormatter(logging.Formatter("[%(asctime)s: %(levelname)s/%(processName)s] %(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
    logging.basicConfig(level=logging.DEBUG, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.INFO)
    return logging.getLogger("loans.worker")


LOG = logger()


class Desk:
    def __init__(self, chance):
        self.chance = chance
        self.shelf = sqlite3.connect(":memory:")
        self.shelf.execute("create table loan (copy integer primary key, reader integer not null)")

    def lend(self, copy, reader):
        self.shelf.execute("insert into loan values (?, ?)", (copy, reader))

    def lend_twice(self):
        copy = self.chance.randint(10_000, 99_999)
        self.lend(copy, 17)
        self.lend(copy, None if self.chance.random() < 0.3 else 18)

    def branch(self, name):
        return BRANCHES[name]

    def reserve_at_unknown_branch(self):
        order = {"title": self.chance.choice(TITLES), "branch": self.chance.choice(["riverside", "mobile-2", "annex"])}
        return self.branch(order["branch"])

    def answer(self):
        record = json.dumps({"isbn": self.chance.randint(10**12, 10**13 - 1), "copies": 3})
        return json.loads(record[: self.chance.randint(5, len(record) - 2)])

    def look_up(self):
        try:
            return self.answer()
        except ValueError as error:
            raise CatalogueError(f"union catalogue: unreadable answer for {self.chance.choice(TITLES)!r}") from error

    def renew(self):
        reader = self.chance.randint(1000, 9999)
        loans = {}
        try:
            return loans[reader]
        except KeyError:
            self.lend(None, int(f"R{reader}"))

    def read_sensor(self):
        room = self.chance.randint(2, 9)
        with socket.create_connection(("127.0.0.1", room), timeout=1) as link:
            return link.recv(16)

    def open_scan(self):
        page = self.chance.randint(1, 400)
        return Path(f"/srv/scans/ms-{self.chance.randint(10, 99)}/page-{page:04}.tif").read_bytes()

    def check_rooms(self):
        errors = []
        for room in self.chance.sample(range(1, 40), 2):
            try:
                self.humidity(room)
            except ValueError as error:
                errors.append(error)
        raise ExceptionGroup("climate check of the east wing", errors)

    def humidity(self, room):
        raise ValueError(f"room {room}: humidity {self.chance.randint(101, 250)} % is out of range")

    def count_collection(self, collection):
        return 1 + self.count_collection(collection["part of"])

    def count_endless(self):
        collection = {"name": "maps"}
        collection["part of"] = collection
        return self.count_collection(collection)

    def refuse(self):
        reader = self.chance.randint(1000, 9999)
        raise LoanRefused(reader, f"account is blocked\n  open fees: {self.fee()} EUR\n  overdue copies: 4")

    def fee(self):
        return Decimal(self.chance.randint(100, 9000)) / 100

    def sell_ticket(self):
        price = "12,50" if self.chance.random() < 0.5 else "free"
        return Decimal(price) * 2

    def rate(self):
        visitors = {"open": 0, "sold": self.chance.randint(1, 90)}
        return visitors["sold"] / visitors["open"]


TRACED = ("lend_twice", "reserve_at_unknown_branch", "look_up", "renew", "read_sensor", "open_scan", "check_rooms",
          "refuse", "sell_ticket", "rate")  # fmt: skip
SAID = {
    "lend_twice": "could not book the loan",
    "reserve_at_unknown_branch": "reservation failed",
    "look_up": "job look_up failed",
    "renew": "renewal failed",
    "read_sensor": "no reading from the climate sensor",
    "open_scan": "digitisation of a page failed",
    "check_rooms": "climate check failed",
    "refuse": "loan failed",
    "sell_ticket": "ticket sale failed",
    "rate": "statistics of the day failed",
    "count_endless": "inventory failed",
}


def mark(byte):
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, byte + b"\n")


def told(tell, *arguments):
    mark(b"\2")
    tell(*arguments)
    mark(b"\3")


def traced(desk, name):
    try:
        getattr(desk, name)()
    except Exception:
        LOG.exception(SAID[name])


def one_line(desk):
    name = desk.chance.choice([x for x in TRACED if x not in ("check_rooms", "refuse")])
    try:
        getattr(desk, name)()
    except Exception as error:
        LOG.error(f"{SAID[name]}: {type(error).__name__}: {error}")


def reminder(desk):
    reader = desk.chance.randint(1000, 9999)
    why = desk.chance.choice(["550 mailbox unavailable", "connection timed out", "no address on file"])
    LOG.error(f"reminder to reader {reader} was not sent: {why}")


def in_thread(desk):
    thread = threading.Thread(
        target=desk.read_sensor if desk.chance.random() < 0.5 else desk.sell_ticket,
        name=f"poller-{desk.chance.randint(1, 8)}",
    )
    thread.start()
    thread.join()


async def forgotten(desk):
    async def poll():
        return desk.humidity(desk.chance.randint(1, 40))

    task = asyncio.create_task(poll(), name=f"poll-{desk.chance.randint(1, 40)}")
    await asyncio.sleep(0.001)
    del task
    gc.collect()


def poll_once(desk):
    asyncio.run(forgotten(desk))


def die(desk, kind):
    if kind == 0:
        desk.look_up()
    if kind == 1:
        getattr(desk, desk.chance.choice(["rate", "renew", "lend_twice", "reserve_at_unknown_branch"]))()
    if kind == 2:
        LOG.critical(f"lost the loan database after {desk.chance.randint(3, 9)} attempts, giving up")
        sys.exit(1)
    if kind == 3:
        ctypes.string_at(desk.chance.randint(0, 64))
    if kind == 4:
        desk.count_endless()
    if kind == 5:
        try:
            desk.open_scan()
        except OSError:
            LOG.exception("cannot start: the scan store is not mounted")
            sys.exit(2)


def work(chance):
    for _ in range(chance.randint(2, 4)):
        title, copy, room = chance.choice(TITLES), chance.randint(10_000, 99_999), chance.randint(1, 40)
        LOG.info(
            chance.choice(
                [
                    f"lent copy {copy} of {title!r} until 2026-12-{chance.randint(10, 28)}",
                    f"copy {copy} returned at {chance.choice(list(BRANCHES))}",
                    f"reservation for {title!r} is ready, reader {copy % 9000 + 1000} told",
                    f"room {room}: {chance.randint(190, 215) / 10} C, {chance.randint(45, 55)} % humidity",
                    f"sold {chance.randint(1, 6)} tickets for the permanent exhibition",
                ]
            )
        )
    if chance.random() < 0.3:
        LOG.debug(f"queue depth {chance.randint(0, 30)}, cache hits {chance.randint(100, 900)}")
    if chance.random() < 0.1:
        LOG.warning(f"catalogue answered slowly: {chance.randint(1100, 2900)} ms")


def main():
    faulthandler.enable()
    order = [*TRACED, "line", "batch", "line", "die", "thread", "task", "die", "lend_twice", "die", "look_up"]
    if START == 0:
        LOG.info(f"loan desk 3.8.1 starting, {len(BRANCHES)} branches")
    for number in range(START, JOBS):
        STATE.write_text(str(number))
        chance = random.Random(SEED * 1000 + number)
        work(chance)
        desk = Desk(chance)
        kinds = [order[(n * 8 + SEED) % len(order)] for n in range(number + 1)]
        kind = kinds[-1]
        if kind == "line":
            told(one_line, desk)
        elif kind == "batch":
            for _ in range(chance.randint(2, 3)):
                told(reminder, desk)
        elif kind == "thread":
            told(in_thread, desk)
        elif kind == "task":
            told(poll_once, desk)
        elif kind == "die":
            mark(b"\2")
            die(desk, (kinds.count("die") + SEED) % 6)
        else:
            told(traced, desk, kind)
    work(random.Random(SEED))
    STATE.write_text("done")


main()
