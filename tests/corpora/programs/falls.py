"""Falls as Python programs fall: by argument, one way each."""

import json
import logging
import sys
import threading
import traceback
import warnings
from pathlib import Path

LAYOUTS = {
    "logged": "%(asctime)s %(levelname)s [%(threadName)s] %(name)s: %(message)s",
    "logged-chain": "%(levelname)s:%(name)s:%(message)s",
    "logged-thread": "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s",
    "bare-logged": "%(asctime)s | %(levelname)-8s | %(module)s:%(funcName)s:%(lineno)d - %(message)s",
}
way = sys.argv[1]
logging.basicConfig(
    format=LAYOUTS.get(way, "%(asctime)s - %(name)s - %(levelname)s - %(message)s"), level=logging.INFO
)
logger = logging.getLogger("shop.orders")


class ChargeFailed(Exception):
    """An order that cannot be charged."""


class Json(logging.Formatter):
    """One object a line, as structured loggers write it."""

    def format(self, record):
        fields = {"ts": record.created, "level": record.levelname.lower(), "logger": record.name}
        fields["msg"] = record.getMessage()
        if record.exc_info:
            fields["stack"] = self.formatException(record.exc_info)
        return json.dumps(fields)


class Logfmt(logging.Formatter):
    """Keys and values on one line."""

    def format(self, record):
        line = f'time="{self.formatTime(record)}" level={record.levelname.lower()} msg="{record.getMessage()}"'
        return line + (f' err="{record.exc_info[1]}"' if record.exc_info else "")


def load(path):
    return Path(path).read_text()


def parse(text):
    return int(text)


def charge(order):
    try:
        return parse(order["amount"])
    except ValueError as error:
        raise ChargeFailed(f"order {order['id']} cannot be charged") from error


def settings():
    try:
        return load("/etc/shop/missing.toml")
    except FileNotFoundError:
        return {}["defaults"]


def grouped():
    errors = []
    for check in (lambda: load("/etc/shop/missing.toml"), lambda: charge({"id": 4711, "amount": "4a"})):
        try:
            check()
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("two checks", errors)


def nested():
    try:
        grouped()
    except ExceptionGroup as group:
        raise ExceptionGroup("startup", [group, TimeoutError("worker 3 does not answer")]) from None


def again(depth):
    return again(depth + 1) + 1


def logged(message, fail, *arguments):
    try:
        fail(*arguments)
    except Exception:
        logger.exception(message)


class Leaky:
    """Falls where nobody can catch it."""

    def __del__(self):
        raise ChargeFailed("closing the till")


def fall():
    match way:
        case "missing":
            load("/etc/shop/missing.toml")
        case "chained":
            charge({"id": 4711, "amount": "four"})
        case "during":
            settings()
        case "suppressed":
            try:
                settings()
            except KeyError:
                raise RuntimeError("no settings") from None
        case "group":
            grouped()
        case "nested-group":
            nested()
        case "syntax":
            compile("def total(order:\n    return 1\n", "shop/total.py", "exec")
        case "recursion":
            again(0)
        case "exit":
            sys.exit("fatal: the till is locked")
        case "thread":
            worker = threading.Thread(target=charge, args=({"id": 3, "amount": "x"},), name="worker-3")
            worker.start()
            worker.join()
        case "note":
            error = ChargeFailed("the bank said no")
            error.add_note("order 4711")
            error.add_note("try again tomorrow")
            raise error
        case "assertion":
            assert parse("3") == 4, "three is not four"
        case "import":
            import shop_that_is_not_there  # noqa: F401
        case "unicode":
            b"\xff\xfe".decode()
        case "multiline":
            raise ChargeFailed("the bank said:\n  code 12\n  declined")
        case "keyerror":
            {"id": 4711}["amount"]
        case "custom":
            raise SystemError(4, "the till\tis stuck")
        case "unraisable":
            Leaky()
        case "calm-warning":
            warnings.warn("the old till is deprecated", RuntimeWarning, stacklevel=1)
        case "json" | "logfmt" | "json-stack" | "logged" | "logged-chain" | "logged-thread" | "bare-logged":
            logged("order 4711 failed", charge, {"id": 4711, "amount": "four"})
            logger.info("cart 18 was opened")
            logged("no settings", settings)
            logger.info("cart 19 was opened")
            logger.error("the bank does not answer: %s", "timed out")
            if way.startswith("json"):
                logger.info("cart 20 was opened")
                logger.critical("till %d is on fire", 3)
            elif way == "logged":
                logger.info("cart 20 was opened")
                logger.error("all of it:\n%s", traceback.format_stack(limit=1)[0].rstrip())


if way.startswith(("json", "logfmt")):
    logging.getLogger().handlers[0].setFormatter(Logfmt() if way == "logfmt" else Json())
logger.info("cart 17 was opened")
try:
    fall()
finally:
    if way in ("thread", "unraisable") or "log" in way or "json" in way:
        logger.info("cart 17 was closed")
