"""A ledger behind a queue: structlog for people at the console, or python-json-logger for machines."""

import logging
import random
import sys

import marks
import structlog
from pythonjsonlogger.json import JsonFormatter

chance = random.Random(10)
machine = sys.argv[1] == "json"


class OutOfBalance(ValueError):
    pass


def balance():
    raise OutOfBalance("debit 10.00, credit 9.99")


def account():
    return {"1200": "bank"}["1201"]


def amount():
    return float("1.000,00")


def close():
    return (2026, 11)[2]


def locked():
    with open("/proc/1/mem/lock", "w"):
        pass


def nothing():
    return None + 4


def deep(level=0):
    return deep(level + 1)


def chain():
    try:
        amount()
    except ValueError as e:
        try:
            account()
        except KeyError:
            raise OutOfBalance("cannot book") from e


def state():
    raise RuntimeError("ledger is closed\nopen it with `ledger open 2026-11`\nor ask accounting")


def note(e):
    e.add_note("while booking 17 of 40")
    e.add_note("file: /srv/ledger/in/17.xml")
    return e


def noted():
    try:
        close()
    except IndexError as e:
        raise note(e) from None


FAILURES = [balance, account, amount, close, locked, nothing, chain, state, noted]

if machine:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.DEBUG, handlers=[handler])
    plain = logging.getLogger("ledger")

    class Log:
        def __getattr__(self, level):
            return lambda event, exc_info=None, **fields: getattr(plain, level)(event, exc_info=exc_info, extra=fields)

    log = Log()
else:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.StackInfoRenderer(),
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
    )
    log = structlog.get_logger()


def healthy():
    n = chance.randint(1, 9999)
    chance.choice(
        [
            lambda: log.info("booked", entry=n, errors=0),
            lambda: log.info("message acknowledged", queue="entries", failed=False),
            lambda: log.debug("cache hit", key=f"account:{n}"),
            lambda: log.warning("queue grows", depth=n),
            lambda: log.info("error budget left", percent=99.2),
            lambda: log.info("retry succeeded", attempt=2, last_error=None),
            lambda: log.info("GET /exceptions", status=200, ms=n % 80),
        ]
    )()


rounds = [(f, how) for f in FAILURES for how in chance.sample(range(4), 2)]
chance.shuffle(rounds)
for failing, how in rounds:
    for _ in range(chance.choice((0, 2, 3, 5))):
        healthy()
    try:
        failing()
    except Exception as e:
        with marks.failure():
            if how == 0:
                log.exception("entry not booked", entry=chance.randint(1, 99))
            elif how == 1:
                log.error("entry refused", reason=str(e), kind=type(e).__name__)
            elif how == 2:
                log.critical("ledger stops", exc_info=True)
            else:
                log.warning("consumer threw", exc_info=True)
healthy()
if not machine:
    marks.begin()
    raise OutOfBalance("final check")
