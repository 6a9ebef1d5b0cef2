"""What a library's program in Python prints when it falls; the third lot, written after the second was mended on."""

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path


def mark(what):
    print("@@", what, file=sys.stderr, flush=True)


class Overdue(Exception):
    def __str__(self):
        return "book is overdue"


def lend(book):
    sqlite3.connect("/srv/shop/none/books.db").execute("select ?", [book])


def wrapped():
    try:
        lend("Faust")
    except sqlite3.Error as error:
        raise Overdue from error


def called():
    subprocess.run(["false"], check=True)


def started():
    subprocess.run(["/srv/shop/no-librarian"], check=False)


def looked():
    Path("/srv/shop/none/shelf").read_text()


def named():
    print(undefined_shelf)


def numbered():
    [1, 2][7]


def ordered():
    sorted([1, "a"])


def endless():
    next(iter(()))


def generator():
    def pages():
        yield 1
        raise Overdue

    list(pages())


def spoken(form):
    logging.basicConfig(format=form, level=logging.INFO)
    log = logging.getLogger("library")
    for fall in (wrapped, called, named, generator):
        mark("calm")
        log.info("lent, without error")
        mark("error")
        try:
            fall()
        except Exception as error:
            log.exception("not lent: %s", error)
        mark("error")
        log.error("shelf is empty")


CASES = {
    "gunicorn": lambda: spoken("[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s"),
    "pipes": lambda: spoken("%(asctime)s | %(levelname)-8s | %(name)s:%(lineno)d - %(message)s"),
    "spaces": lambda: spoken("%(asctime)s %(process)d %(levelname)s %(name)s [-] %(message)s"),
}

if __name__ == "__main__":
    {**globals(), **CASES}[sys.argv[1]]()
