"""The laboratory's worker of a water utility: it takes in samples, checks them against limits, and files reports."""

import json
import logging
import os
import random
import sqlite3
import subprocess
import sys
import threading
import traceback
from decimal import Decimal, InvalidOperation

WAY, SEED, START, STATE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
KINDS = [
    *("chained", "handled", "parse", "ledger", "line", "line", "pair", "context", "instrument", "lookup"),
    *("chained", "parse", "line", "thread", "ledger", "uncaught", "fatal", "lookup", "tool", "uncaught_chain"),
]


class SampleError(Exception):
    pass


class LimitsUnavailable(SampleError):
    pass


class InstrumentTimeout(TimeoutError):
    pass


def mark(byte):
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, byte + b"\n")


class Bare:
    """No logger: print, and the traceback module."""

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
        print(f"error: {text}", file=sys.stderr)
        traceback.print_exc()


def set_up():
    if WAY == "bare":
        return Bare()
    if WAY == "loguru":
        from loguru import logger

        return logger
    if WAY == "structlog":
        import structlog

        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.StackInfoRenderer(),
                structlog.dev.set_exc_info,
                structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
                structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            ]
        )
        return structlog.get_logger(worker="lab-1")
    if WAY == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logging.basicConfig(level=logging.DEBUG, handlers=[handler])
    elif WAY == "journal":
        logging.basicConfig(level=logging.INFO)
    else:
        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(levelname)-8s [%(name)s:%(lineno)d] %(message)s")
    return logging.getLogger("lab.samples")


log = set_up()
chance = random.Random()
SITES = ["Ashford reservoir", "Mill Lane tap 4", "Harrow treatment works", "Kelby intake", "St Anne borehole 2"]
ANALYTES = ["chlorine", "nitrate", "lead", "turbidity", "pH", "coliforms"]


def work():
    for _ in range(chance.randint(2, 4)):
        sample = f"S-{chance.randint(10000, 99999)}"
        pick = chance.randint(0, 6)
        if pick == 0:
            log.debug(f"sample {sample} dequeued, {chance.randint(0, 40)} waiting")
        elif pick == 1:
            log.info(f"sample {sample} from {chance.choice(SITES)} received, {chance.randint(1, 6)} bottles")
        elif pick == 2:
            log.info(f"{chance.choice(ANALYTES)} of {sample} measured: {chance.uniform(0, 9):.3f} mg/l, within limits")
        elif pick == 3:
            log.info(f"report R{chance.randint(1000, 9999)} filed in {chance.randint(20, 900)} ms")
        elif pick == 4:
            log.warning(f"sample {sample} came {chance.randint(2, 9)} hours after it was taken")
        elif pick == 5:
            log.debug(f"limits for {chance.choice(ANALYTES)} read from the cache")
        else:
            log.info(f"batch {chance.randint(100, 999)} closed with {chance.randint(3, 40)} samples")


def limits_of(analyte, table):
    try:
        return table[analyte]["upper"]
    except KeyError as error:
        raise LimitsUnavailable(f"no limits for {analyte} in region {chance.randint(1, 12)}") from error


def check(sample):
    return limits_of(chance.choice(ANALYTES), {"iron": {"upper": 0.2}, "lead": {}})


def read_value(text):
    return Decimal(text)


def parse_row(row):
    cells = row.split(";")
    return {cells[0]: read_value(cells[chance.choice([1, 2])])}


def store(sample):
    with sqlite3.connect(":memory:") as database:
        database.execute("create table sample (id text primary key, site text not null)")
        database.execute("insert into sample values (?, ?)", (sample, "Kelby intake"))
        if chance.random() < 0.5:
            database.execute("insert into sample values (?, ?)", (sample, chance.choice(SITES)))
        database.execute("insert into samples values (?, ?)", (sample, None))


def ask(instrument, attempts):
    if attempts == 0:
        raise InstrumentTimeout(f"{instrument} did not answer within {chance.randint(3, 30)} s")
    return ask(instrument, attempts - 1)


def closed(report):
    return sum(report["results"]) / len(report["results"])


def handle(kind):
    sample = f"S-{chance.randint(10000, 99999)}"
    mark(b"\2")
    if kind == "chained":
        try:
            check(sample)
        except SampleError:
            log.exception(f"sample {sample} could not be checked")
    elif kind == "handled":
        try:
            try:
                ask("spectrometer", chance.randint(1, 3))
            except InstrumentTimeout:
                os.rename(f"/var/spool/lab/{sample}.csv", f"/var/spool/lab/retry/{sample}.csv")
        except OSError:
            log.exception(f"sample {sample} could not be put back")
    elif kind == "parse":
        try:
            parse_row(f"{sample};{chance.choice(['n/a', '<0,02', ''])};1..4")
        except (InvalidOperation, IndexError):
            log.exception(f"row {chance.randint(2, 400)} of upload {sample} is no measurement")
    elif kind == "ledger":
        try:
            store(sample)
        except sqlite3.Error:
            log.exception(f"sample {sample} not stored")
    elif kind == "line":
        log.error(
            chance.choice(
                [
                    f"sample {sample} rejected: bottle label and form do not agree",
                    f"upload of report R{chance.randint(1000, 9999)} to the regulator failed: HTTP 503",
                    f"could not connect to lims-db:5432 after {chance.randint(3, 9)} attempts",
                    f"freezer {chance.randint(1, 6)} at {chance.uniform(-9, 4):.1f} °C, samples in it are void",
                ]
            )
        )
    elif kind == "pair":
        log.error(f"sample {sample} lost its chain of custody")
        mark(b"\3")
        mark(b"\2")
        log.error(f"e-mail to {chance.choice(['works-manager', 'duty-chemist'])} not sent: connection refused")
    elif kind == "context":
        try:
            closed({"results": []} if chance.random() < 0.5 else {"result": [1]})
        except (ZeroDivisionError, KeyError) as error:
            log.error(f"average of batch {chance.randint(100, 999)} not computed: {error!r}")
    elif kind == "instrument":
        try:
            ask(chance.choice(["ICP-MS", "titrator", "autosampler"]), chance.randint(1, 4))
        except InstrumentTimeout:
            log.exception(f"run of {sample} abandoned")
    elif kind == "lookup":
        try:
            json.loads(chance.choice(['{"site": ', "<html>502</html>", '{"site": "Kelby",}']))
        except ValueError:
            log.exception(f"answer of the site register for {sample} is no JSON")
    elif kind == "tool":
        try:
            subprocess.run(["sh", "-c", f"exit {chance.randint(1, 9)}"], check=True)
        except subprocess.CalledProcessError:
            log.exception(f"label of {sample} not printed")
    elif kind == "thread":
        thread = threading.Thread(target=ask, args=("incubator", chance.randint(1, 3)), name=f"poll-{sample}")
        thread.start()
        thread.join()
    elif kind == "fatal":
        log.critical(f"no space left in the archive of {chance.choice(SITES)}, giving up")
        sys.exit(1)
    elif kind == "uncaught":
        if chance.random() < 0.5:
            parse_row(f"{sample};n/a;?")
        closed({"results": [1.0, None]})
    elif kind == "uncaught_chain":
        check(sample)
    mark(b"\3")


def main():
    jobs = [*KINDS, *KINDS, *KINDS[:10]]
    random.Random(SEED).shuffle(jobs)
    if START == 0:
        log.info("laboratory worker 4.2.0 started")
    for number in range(START, len(jobs)):
        chance.seed(SEED * 1000 + number)
        with open(STATE, "w") as state:
            state.write(str(number))
        work()
        handle(jobs[number])
    work()
    with open(STATE, "w") as state:
        state.write("done")


if __name__ == "__main__":
    main()
