"""Sells and checks lift passes of a cable car. Arguments: way, seed, first job, state file."""

import asyncio
import configparser
import datetime
import decimal
import faulthandler
import json
import logging
import os
import random
import socket
import sqlite3
import struct
import sys
import threading
import traceback
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WAY, SEED, START, STATE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
BARE = WAY == "bare"
chance = random.Random(SEED * 1000 + START)
log = logging.getLogger("passes.gate")
sales = logging.getLogger("passes.sales")


class PassRefused(Exception):
    pass


class GateOffline(RuntimeError):
    def __init__(self, gate: int) -> None:
        super().__init__(f"gate {gate} did not answer within 3.0 s")


class Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        kept = {
            "asctime": self.formatTime(record),
            "levelname": record.levelname,
            "name": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            kept["exc_info"] = self.formatException(record.exc_info)
        return json.dumps(kept)


class Console(logging.Formatter):
    """As structlog's console renderer."""

    def format(self, record: logging.LogRecord) -> str:
        pairs = f"gate={chance.randint(1, 12)} logger={record.name} station={chance.choice(['valley', 'summit'])}"
        when = datetime.datetime.fromtimestamp(record.created).isoformat(sep=" ", timespec="seconds")
        line = f"{when} [{record.levelname.lower():<9}] {record.getMessage():<30} {pairs}"
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


FORMATS = {
    "named": logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"),
    "console": Console(),
    "json": Json(),
    "journal": logging.Formatter("%(levelname)-8s %(name)s:%(lineno)d %(message)s"),
}


def mark(byte: str) -> None:
    os.write(1, f"{byte}\n".encode())


def say(text: str, level: int = logging.INFO) -> None:
    if BARE:
        print(text, flush=True)
    else:
        chance.choice([log, sales]).log(level, text)


def ordinary() -> None:
    n = chance.randint(100, 9999)
    lines = [
        (f"sold day pass {n} at desk {n % 5}", logging.INFO),
        (f"gate {n % 12} let {n % 80} guests through", logging.INFO),
        ("nightly check finished: 0 errors, 0 refused", logging.INFO),
        (f"GET /help/exception-days?season={n % 9} 200", logging.INFO),
        (f"payment {n} went through on the second try", logging.INFO),
        ('terminal says {"status": "ok", "error": null}', logging.DEBUG),
        (f"queue at the valley station is {n % 50} m long", logging.INFO),
        (f"cache of prices is {n % 60} min old", logging.WARNING),
        ("no error found in the journal of the gates", logging.INFO),
        (f"synced {n} passes with the office in {n % 70} ms", logging.INFO),
    ]
    picked = chance.sample(lines, chance.randint(2, 4))
    for text, level in sorted(picked, key=lambda x: x[1] != logging.WARNING):
        say(text, logging.INFO if BARE else level)


def told(text: str) -> None:
    """What a service does with an exception that it catches."""
    if BARE:
        traceback.print_exc()
    else:
        log.exception(text)


def looked_up() -> None:
    try:
        {"adult": 61}[chance.choice(["senior", "child", "dog"])]
    except KeyError:
        told("could not price the pass")


def chained() -> None:
    try:
        try:
            json.loads(chance.choice(["{'gate': 3}", "", "[1, 2", '{"a": }']))
        except ValueError as e:
            raise PassRefused(f"pass {chance.randint(1000, 9999)} is not readable") from e
    except PassRefused:
        told("refused a guest by mistake")


def during() -> None:
    try:
        try:
            Path(f"/srv/passes/{chance.randint(1, 99)}.db").read_bytes()
        except OSError:
            int(chance.choice(["12,5", "summit", "0x"]))
    except ValueError:
        told("fallback to the paper list failed as well")


def grouped() -> None:
    gates = chance.sample(range(1, 12), 2)
    try:
        raise ExceptionGroup("gates of the valley station", [GateOffline(gates[0]), ValueError(f"gate {gates[1]}: -4")])
    except ExceptionGroup:
        told("poll of the gates failed")


def noted() -> None:
    try:
        error = decimal.InvalidOperation("price is not a number")
        if not BARE:
            error.add_note(f"while reading row {chance.randint(2, 400)} of tariffs.csv")
        raise error
    except decimal.InvalidOperation:
        told("tariffs not loaded")


def queried() -> None:
    try:
        sqlite3.connect(":memory:").execute(
            chance.choice(["select * from passes", "selec 1", "insert into gates values (1)"])
        )
    except sqlite3.Error:
        told("database query failed")


def refused() -> None:
    try:
        with socket.create_connection(("127.0.0.1", chance.randint(2, 9)), timeout=2):
            pass
    except OSError:
        told("terminal not reachable")


def fetched() -> None:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{chance.randint(2, 9)}/weather", timeout=2)
    except OSError:
        told("no weather from the summit")


def unpacked() -> None:
    try:
        struct.unpack(">IH", b"\0" * chance.randint(1, 5))
    except struct.error:
        told("card reader sent a short frame")


def deep(n: int) -> int:
    return deep(n + 1)


def recursed() -> None:
    try:
        deep(0)
    except RecursionError:
        told("tariff rules refer to each other")


def configured() -> None:
    try:
        configparser.ConfigParser().read_string(
            chance.choice(["[a]\n[a]\n", "[gates]\nx\ny"] if BARE else ["gate = 3\n", "[a]\n[a]\n"])
        )
    except configparser.Error:
        told("config of the gates is broken")


def pooled() -> None:
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: 61 / (chance.randint(1, 9) * 0)).result()
    except ZeroDivisionError:
        told("share of the season passes not computed")


def threaded() -> None:
    def beat() -> None:
        raise GateOffline(chance.randint(1, 12))

    thread = threading.Thread(target=beat, name=f"gate-{chance.randint(1, 12)}")
    thread.start()
    thread.join()


def line() -> None:
    texts = [
        f"failed to print pass {chance.randint(100, 999)}: printer out of paper",
        "cannot open /var/lib/passes/tariffs.db: Permission denied",
        f"payment terminal {chance.randint(1, 5)} timed out after 30 s",
        "connection to the office lost: Connection reset by peer",
    ]
    text = chance.choice(texts)
    if BARE:
        print(f"ERROR: {text}", file=sys.stderr, flush=True)
    else:
        log.error(text)


def indented() -> None:
    rows = [
        f"    row {chance.randint(1, 99)}: {chance.choice(['no price', 'unknown zone', 'ends before it starts'])}"
        for _ in range(3)
    ]
    text = "import of tariffs failed, rejected rows:\n" + "\n".join(rows)
    if BARE:
        print(f"ERROR: {text}", file=sys.stderr, flush=True)
    else:
        sales.error(text)


def critical() -> None:
    if BARE:
        print("FATAL: disk full, sales stopped", file=sys.stderr, flush=True)
    else:
        sales.critical("disk full, no pass can be sold (%d MB left)", chance.randint(0, 3))


def forgotten() -> None:
    async def poll() -> None:
        raise TimeoutError(f"gate {chance.randint(1, 12)} is slow")

    async def serve() -> None:
        task = asyncio.create_task(poll())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    if BARE:
        threaded()
    else:
        asyncio.run(serve())


def dies_of_type() -> None:
    sum(["61", chance.randint(1, 9)])


def dies_of_cause() -> None:
    try:
        datetime.date.fromisoformat("2026-02-30")
    except ValueError as e:
        raise RuntimeError("season does not begin") from e


def dies_of_assertion() -> None:
    count = -chance.randint(1, 9)
    assert count >= 0, f"{count} guests in cabin {chance.randint(1, 40)}"


def dies_of_group() -> None:
    raise ExceptionGroup("start", [OSError(28, "No space left on device"), ExceptionGroup("gates", [GateOffline(2)])])


def dies_of_abort() -> None:
    os.abort()


def dies_of_import() -> None:
    import turnstile_driver  # noqa: F401


def dies_of_syntax() -> None:
    compile("price = = 61\n", "/srv/app/rules.py", "exec")


KINDS = [looked_up, chained, during, grouped, noted, queried, refused, fetched, unpacked, recursed, configured, pooled]
KINDS += [threaded, line, line, indented, critical, forgotten]
DEATHS = [dies_of_type, dies_of_cause, dies_of_assertion, dies_of_group, dies_of_abort, dies_of_import, dies_of_syntax]


def main() -> None:
    faulthandler.enable()
    if not BARE:
        handler = logging.StreamHandler()
        handler.setFormatter(FORMATS[WAY])
        logging.basicConfig(level=logging.DEBUG, handlers=[handler])
        logging.getLogger("asyncio").setLevel(logging.INFO)
    jobs = [*KINDS, *KINDS, *DEATHS]
    random.Random(SEED).shuffle(jobs)
    say(f"passes service started, {chance.randint(8, 12)} gates")
    for number in range(START, len(jobs)):
        STATE.write_text(str(number))
        ordinary()
        mark("\2")
        jobs[number]()
        mark("\3")
    ordinary()
    STATE.write_text("done")


main()
