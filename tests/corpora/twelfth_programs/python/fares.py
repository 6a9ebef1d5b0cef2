"""A worker that prices tickets, settles day caps and uploads the takings of a city's buses and trams.

Its loggers are the real ones: `logging`, loguru, structlog and python-json-logger.
"""

import json
import logging
import random
import sys
import traceback
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path

ZONES = {"A": Decimal("2.40"), "B": Decimal("3.10"), "C": Decimal("4.70")}
LINES = ["4", "11", "17", "23E", "N2", "T1", "T6"]
JOBS = 46


class FareError(Exception):
    pass


class CardBlocked(FareError):
    def __init__(self, card: str) -> None:
        super().__init__(f"card {card} is on the block list")
        self.card = card


class SettlementFailed(Exception):
    pass


class Plain:
    """Prints, as small scripts do."""

    def info(self, text: str) -> None:
        print(text, file=sys.stderr)

    debug = info

    def warning(self, text: str) -> None:
        print(f"warning: {text}", file=sys.stderr)

    def error(self, text: str) -> None:
        print(f"error: {text}", file=sys.stderr)

    critical = error

    def exception(self, text: str) -> None:
        print(f"error: {text}", file=sys.stderr)
        traceback.print_exc()


def logger_of(way: str):
    if way == "bare":
        return Plain()
    if way == "loguru":
        from loguru import logger

        logger.remove()
        logger.add(sys.stderr, backtrace=False, diagnose=False, colorize=False)
        return logger
    if way == "structlog":
        import structlog

        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                renderer,
            ],
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
        return structlog.get_logger()
    handler = logging.StreamHandler()
    if way == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{"))
    elif way == "logging":
        handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
    logging.basicConfig(level=logging.DEBUG, handlers=[handler])
    return logging.getLogger("fares.worker")


class Worker:
    def __init__(self, way: str, seed: int, start: int) -> None:
        self.chance = random.Random(seed * 1000 + start)
        self.log = logger_of(way)
        self.failures: list[Callable[[], None]] = [self.price, self.tap, self.settle, self.upload, self.read_tariff]

    def begin(self) -> None:
        sys.stderr.write("\2\n")

    def end(self) -> None:
        sys.stderr.write("\3\n")

    def card(self) -> str:
        return f"{self.chance.randint(4000, 9999)}-{self.chance.randint(1000, 9999)}"

    def work(self) -> None:
        kinds = [self.log.info, self.log.info, self.log.debug, self.log.info, self.log.debug, self.log.warning]
        for kind in self.chance.choices(range(6), weights=[4, 3, 3, 4, 3, 1], k=self.chance.randint(2, 4)):
            kinds[kind](self.done(kind))

    def done(self, kind: int) -> str:
        line, many = self.chance.choice(LINES), self.chance.randint(3, 400)
        return [
            f"priced {many} trips on line {line}",
            f"day cap reached for {many} cards in zone {self.chance.choice('ABC')}",
            f"tariff cache hit for line {line} ({many} ms)",
            f"settled batch {self.chance.randint(10000, 99999)} with {many} taps",
            f"polling queue taps, {many} waiting",
            f"queue taps is {many} s behind",
        ][kind]

    def price(self) -> None:
        zone = self.chance.choice(["D", "E", "AB", ""])
        self.fare(zone, self.chance.randint(1, 5))

    def fare(self, zone: str, legs: int) -> Decimal:
        if legs > 1:
            return self.fare(zone, legs - 1) + Decimal("0.50")
        return ZONES[zone]

    def tap(self) -> None:
        tap = {"card": self.card(), "stop": self.chance.randint(100, 999)}
        if self.chance.random() < 0.5:
            self.check(tap)
        self.minutes(tap)

    def check(self, tap: dict) -> None:
        raise CardBlocked(tap["card"])

    def minutes(self, tap: dict) -> int:
        return tap["stop"] + tap.get("left")

    def settle(self) -> None:
        batch = self.chance.randint(10000, 99999)
        try:
            self.amount(self.chance.choice(["12,40", "n/a", "--", "3.1O"]))
        except (InvalidOperation, ValueError) as error:
            raise SettlementFailed(f"batch {batch} does not add up") from error

    def amount(self, text: str) -> Decimal:
        if self.chance.random() < 0.5:
            return Decimal(float(text))
        return Decimal(text)

    def upload(self) -> None:
        try:
            try:
                self.connect(self.chance.choice(["clearing-1", "clearing-2"]))
            except ConnectionError as error:
                raise SettlementFailed("takings were not accepted") from error
        except SettlementFailed:
            if self.chance.random() < 0.5:
                raise
            Path(f"/var/spool/fares/{self.chance.randint(100, 999)}.csv").read_text()

    def connect(self, host: str) -> None:
        raise self.chance.choice(
            [
                ConnectionRefusedError(111, f"Connection refused: {host}:8443"),
                ConnectionResetError(104, "Connection reset by peer"),
            ]
        )

    def read_tariff(self) -> None:
        json.loads(self.chance.choice(['{"zone": "A", "fare": }', "", '{"zone": "B"', "<html>502</html>"]))

    def logged(self) -> None:
        self.begin()
        try:
            self.chance.choice(self.failures)()
        except Exception:
            what = self.chance.choice(["job failed", "could not finish the trip", "giving up on this batch"])
            self.log.exception(f"{what} (job {self.chance.randint(1000, 99999)})")
        self.end()

    def one_line(self) -> None:
        self.begin()
        try:
            self.chance.choice(self.failures)()
        except Exception as error:
            self.log.error(f"trip {self.chance.randint(1000, 99999)} could not be priced: {error!r}")
        self.end()

    def several(self) -> None:
        for reader in self.chance.sample(range(100, 400), self.chance.randint(2, 3)):
            self.begin()
            reason = self.chance.choice(["timed out after 30 s", "HTTP 503", "no route to host", "bad checksum"])
            self.log.error(f"upload from reader {reader} failed: {reason}")
            self.end()

    def uncaught(self) -> None:
        self.begin()
        self.chance.choice(self.failures)()

    def fatal(self) -> None:
        self.begin()
        self.log.critical(f"no tariff for {self.chance.choice('ABC')} is in force, stopping")
        sys.exit(1)


def main() -> None:
    way, seed, start, state = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    worker = Worker(way, seed, start)
    worker.log.info(f"fares worker started, {len(ZONES)} zones loaded")
    kinds = [worker.logged, worker.one_line, worker.several, worker.uncaught, worker.fatal]
    for job in range(start, JOBS):
        state.write_text(str(job))
        worker.work()
        worker.chance.choices(kinds, weights=[10, 6, 2, 4, 1])[0]()
    worker.work()
    state.write_text("done")


if __name__ == "__main__":
    main()
