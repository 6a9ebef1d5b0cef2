"""Prints what Python prints: tracebacks plain, chained, re-raised, logged, of a group and of a syntax error."""

import logging
import sys
import traceback
from pathlib import Path


def load(path):
    return Path(path).read_text()


def settings():
    try:
        return load("/etc/shop/missing.toml")
    except FileNotFoundError:
        return {}["defaults"]


def wrapped():
    try:
        int("4a")
    except ValueError as error:
        raise RuntimeError("order 4711 is not readable") from error


def grouped():
    raise ExceptionGroup("two workers", [OSError(28, "No space left on device"), TimeoutError("worker 3")])


logging.basicConfig(format="%(asctime)s %(levelname)s [%(threadName)s] %(name)s: %(message)s", stream=sys.stdout)


def missing():
    load("/etc/shop/missing.toml")


def misspelt():
    compile("a b", "shop.py", "exec")


for fail in (missing, settings, wrapped, grouped, misspelt):
    try:
        fail()
    except (OSError, KeyError, RuntimeError, ExceptionGroup, SyntaxError) as error:
        print(f"-- {type(error).__name__}")
        traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
try:
    wrapped()
except RuntimeError:
    print("-- logged")
    logging.getLogger("shop.orders").exception("order %d failed", 4711)
