"""A booking service: `reservations.py WAY START STEP`, or `fall FAILURE`, or `names`."""

import asyncio
import configparser
import csv
import io
import json
import logging
import os
import queue
import random
import resource
import socket
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

HEALTHY = [line.rstrip("\n").split("\t") for line in open("healthy.tsv")]
FAILURES = {}
chance = random.Random(" ".join(sys.argv[1:3]))


class BookingError(Exception):
    """What a booking may not be."""


class RoomTaken(BookingError):
    def __init__(self, room):
        super().__init__(f"room {room} is taken")


@dataclass(frozen=True)
class Booking:
    room: int
    guest: str = None


def failure(function):
    FAILURES[function.__name__] = function
    return function


def plain(name, code):
    """One expression of a service, which fails in a function of its own."""
    source = f"def {name}():\n    {code}\n"
    path = f"bookings/{name}.py"
    os.makedirs("bookings", exist_ok=True)
    with open(path, "w") as file:
        file.write(source)
    space = globals() | {"failure": failure}
    exec(compile(source, os.path.abspath(path), "exec"), space)
    FAILURES[name] = space[name]


for name, code in {
    "missing": 'return open("/var/lib/bookings/rooms.json").read()',
    "refused": 'return socket.create_connection(("127.0.0.1", 9), timeout=2)',
    "json_bad": 'return json.loads(\'{"room": 12, "guest": }\')',
    "json_empty": 'return json.loads("")',
    "number": 'return int("12a")',
    "none": "return None.guest",
    "key": 'return {"room": 1}["guest"]',
    "index": "return [1, 2, 3][7]",
    "zero": "return 100 / len([])",
    "modulo": "return 100 % 0",
    "decode": 'return b"caf\\xe9".decode("utf-8")',
    "encode": 'return "Zürich".encode("ascii")',
    "memory": "return bytearray(1 << 60)",
    "type": 'return "room " + 12',
    "call": "room = 12; return room(13)",
    "arguments": "return Booking()",
    "frozen": "Booking(1).room = 2",
    "attribute": "return Booking(1).gest",
    "name": "return reservatons",
    "imported": "import bookings_extra",
    "from_import": "from json import parse",
    "assertion": 'assert 1 > 2, "rooms must be free before guests come"',
    "bare_assertion": "assert not [1]",
    "own": "raise RoomTaken(212)",
    "own_bare": "raise BookingError",
    "unpack": "room, guest = (1, 2, 3)",
    "stop": "return next(iter(()))",
    "directory": 'return open("/etc")',
    "exists": 'os.mkdir("/etc")',
    "full": 'f = open("/dev/full", "w"); f.write("x"); f.flush()',
    "process": 'subprocess.run(["sh", "-c", "exit 3"], check=True)',
    "process_missing": 'subprocess.run(["render-invoice", "--room", "3"], check=True)',
    "process_slow": 'subprocess.run(["sleep", "5"], timeout=0.05)',
    "emptied": "queue.Queue().get_nowait()",
    "gregorian": "import datetime; return datetime.date(2026, 2, 30)",
    "isodate": 'import datetime; return datetime.datetime.fromisoformat("2026-13-01")',
    "strptime": 'return time.strptime("27.11.", "%d.%m.%Y")',
    "decimal": 'import decimal; return decimal.Decimal("12,50")',
    "section": 'return configparser.ConfigParser().get("smtp", "host")',
    "xml": 'import xml.etree.ElementTree as E; return E.fromstring("<room><guest></room>")',
    "zipped": 'import zipfile; return zipfile.ZipFile(io.BytesIO(b"no zip"))',
    "gzipped": 'import gzip; return gzip.decompress(b"no gzip at all")',
    "table": 'import sqlite3; return sqlite3.connect(":memory:").execute("select * from rooms")',
    "regex": 'import re; return re.compile("room (")',
    "unpickle": 'import pickle; return pickle.loads(b"cos\\nnothing\\n.")',
    "struct_": 'import struct; return struct.unpack(">I", b"ab")',
    "address": 'import ipaddress; return ipaddress.ip_address("10.0.0.300")',
    "base64_": 'import base64; return base64.b64decode("abc")',
    "url": 'import urllib.request; return urllib.request.urlopen("http://127.0.0.1:9/rates", timeout=2)',
    "codec": 'return b"x".decode("utf-9")',
    "overflow": "return 2.0 ** 5000",
    "quotes": 'import shlex; return shlex.split("book \'room 3")',
    "future": "return ThreadPoolExecutor(1).submit(time.sleep, 0.2).result(timeout=0.05)",
    "pooled": 'return ThreadPoolExecutor(1).submit(int, "12a").result()',
    "abstract": 'import collections.abc; return type("Store", (collections.abc.Sized,), {})()',
    "lock": "threading.Lock().release()",
    "closed": 'f = io.StringIO("x"); f.close(); return f.read()',
    "hash": "return {[1]: 2}",
    "mail": 'import smtplib; return smtplib.SMTP("127.0.0.1", 9, timeout=2)',
    "group_id": 'import pwd; return pwd.getpwnam("bookings")',
    "literal": 'import ast; return ast.literal_eval("{1: }")',
}.items():
    plain(name, code)


@failure
def recursion():
    def depth(room):
        return depth(room + 1)

    return depth(0)


@failure
def permission():
    os.seteuid(65534)
    try:
        return open("/etc/shadow").read()
    finally:
        os.seteuid(0)


@failure
def slow_socket():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname(), timeout=0.05) as client:
            return client.recv(10)


@failure
def reset():
    left, right = socket.socketpair()
    right.close()
    left.sendall(b"x")


@failure
def chained():
    try:
        json.loads("[1,")
    except ValueError as error:
        raise BookingError("rates could not be read") from error


@failure
def chained_twice():
    try:
        chained()
    except BookingError as error:
        raise RuntimeError("no price for room 212") from error


@failure
def context():
    try:
        return {}["rate"]
    except KeyError:
        return int("none")


@failure
def suppressed():
    try:
        return {}["rate"]
    except KeyError:
        raise BookingError("no rate for this season") from None


@failure
def noted():
    try:
        return float("12,5")
    except ValueError as error:
        error.add_note("while reading rates.csv, row 17")
        raise


@failure
def group():
    errors = []
    for each in (FAILURES["key"], FAILURES["number"], FAILURES["refused"]):
        try:
            each()
        except (KeyError, ValueError, OSError) as error:
            errors.append(error)
    raise ExceptionGroup("3 of 5 hotels did not answer", errors)


@failure
def task_group():
    async def ask(hotel):
        await asyncio.sleep(0)
        raise BookingError(f"hotel {hotel} said no")

    async def all_hotels():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ask(1))
            tasks.create_task(ask(2))

    asyncio.run(all_hotels())


@failure
def async_slow():
    async def ask():
        async with asyncio.timeout(0.02):
            await asyncio.sleep(1)

    asyncio.run(ask())


@failure
def too_many_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (24, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    held = []
    try:
        while True:
            held.append(open("/dev/null"))
    finally:
        del held
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


@failure
def field():
    return next(csv.DictReader(io.StringIO("room,guest\n1,Ann\n")))["rate"]


class Desk:
    """Where requests come in."""

    def handle(self, name):
        return self.dispatch(name)

    def dispatch(self, name):
        return FAILURES[name]()


SAID = [
    "booking {n} failed",
    "could not take payment for booking {n}",
    "unhandled exception in handler for POST /bookings/{n}",
    "job sync-rates aborted",
    "cannot serve request {n}",
    "Internal Server Error: /bookings/{n}",
    "worker gave up on task {n}",
    "while confirming booking {n}",
]
LEVELS = {"INFO": logging.INFO, "DEBUG": logging.DEBUG, "WARN": logging.WARNING}


def mark(byte):
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(2, byte + b"\n")


def healthy(log, fewest=1):
    for _ in range(chance.randint(fewest, 5)):
        level, text = chance.choice(HEALTHY)
        text = text.replace("\\n", "\n")
        while "@" in text:
            text = text.replace("@", str(chance.randint(2, 900)), 1)
        log(LEVELS[level], "%s", text)


class JsonLines(logging.Formatter):
    def format(self, record):
        line = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "error": None,
        }
        if record.exc_info:
            line["error"] = type(record.exc_info[1]).__name__
            line["stack"] = self.formatException(record.exc_info)
        return json.dumps(line)


LAYOUTS = {
    "basic": logging.Formatter(logging.BASIC_FORMAT),
    "common": logging.Formatter("%(asctime)s %(levelname)s [%(threadName)s] %(name)s - %(message)s"),
    "dashes": logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"),
    "bracketed": logging.Formatter(
        "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s", "%Y-%m-%d %H:%M:%S +0000"
    ),
    "json": JsonLines(),
    "syslog": logging.Formatter("%(levelname)s %(name)s: %(message)s"),
    "fall": logging.Formatter("%(asctime)s %(levelname)-8s %(name)s:%(lineno)d %(message)s"),
}


def logger(way):
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LAYOUTS[way])
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.INFO)
    return logging.getLogger("hotel.desk")


def logged(way, names):
    log = logger(way)
    desk = Desk()
    for number, name in enumerate(names):
        healthy(log.log, 0)
        said = chance.choice(SAID).format(n=chance.randint(100, 9999))
        try:
            desk.handle(name)
        except Exception as error:
            mark(b"\2")
            if number % 4 == 1:
                log.error("%s: %s: %s", said, type(error).__name__, str(error) or "no reason given")
            elif number % 7 == 3:
                log.warning(said, exc_info=True)
            elif number % 9 == 5:
                log.critical(said, exc_info=True)
            else:
                log.exception(said)
            mark(b"\3")
    healthy(log.log)


def printed(way, names):
    """What a program says that has no logger."""

    def say(level, _, text):
        if level == logging.INFO:
            print(text)

    desk = Desk()
    for number, name in enumerate(names):
        healthy(say)
        print("GET /bookings 200 12ms")
        try:
            desk.handle(name)
        except Exception as error:
            mark(b"\2")
            if number % 4 == 1:
                print(f"ERROR: booking {number} failed: {error!r}", file=sys.stderr)
            else:
                traceback.print_exc()
            mark(b"\3")
    healthy(say)


def run(name):
    try:
        Desk().handle(name)
    finally:
        mark(b"\2")


def turn_of(number, name):
    """In a loop that runs, what starts one of its own would fail otherwise."""
    return 3 if number % 4 in (1, 2) and name in ("async_slow", "task_group", "stop") else number % 4


def background(way, names):
    """Failures that no one waits for, which the runtime tells."""
    log = logger("common")

    class Holder:
        def __init__(self, name):
            self.name = name

        def __del__(self):
            run(self.name)

    async def task(name):
        async def work():
            run(name)

        held = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        del held

    async def callback(name):
        asyncio.get_running_loop().call_soon(run, name)
        await asyncio.sleep(0.01)

    for number, name in enumerate(names):
        healthy(log.log)
        turn = turn_of(number, name)
        if turn == 0:
            thread = threading.Thread(target=run, args=(name,), name=f"worker-{number}")
            thread.start()
            thread.join()
        elif turn == 1:
            asyncio.run(task(name))
        elif turn == 2:
            asyncio.run(callback(name))
        else:
            Holder(name)
        mark(b"\3")
    healthy(log.log)


def fall(name):
    log = logger("fall")
    log.info("starting hotel desk, pid %d", os.getpid())
    healthy(log.log)
    try:
        Desk().handle(name)
    finally:
        mark(b"\2")


def main():
    way, *rest = sys.argv[1:]
    if way == "names":
        print("\n".join(FAILURES))
    elif way == "fall":
        fall(*rest)
    else:
        names = list(FAILURES)[int(rest[0]) :: int(rest[1])]
        {"printed": printed, "background": background}.get(way, logged)(way, names)


if __name__ == "__main__":
    main()
