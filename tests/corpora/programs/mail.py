"""What a mail program in Python prints when it falls; like `services.py`, written after the code that reads it."""

import contextlib
import json
import logging
import logging.config
import sys
import threading
import traceback
import urllib.request
from concurrent.futures import ThreadPoolExecutor


def mark(what):
    print("@@", what, file=sys.stderr, flush=True)


class Undeliverable(ValueError):
    """Carries no word of error in its name."""


class Mailbox:
    def __init__(self, owner):
        self.owner = owner

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        raise ConnectionResetError(104, "mailbox of %s went away" % self.owner)

    def put(self, letter):
        raise Undeliverable(f"{letter} for {self.owner}: too large\n(limit 10 MB)" if letter == "big" else letter)


def deliver(letter):
    with Mailbox("eve") as box:
        box.put(letter)


def bare():
    raise Undeliverable


def context():
    deliver("letter")


def hidden():
    try:
        deliver("letter")
    except ConnectionResetError:
        raise StopIteration("no more mail") from None


def decoding():
    b"caf\xe9".decode()


def refused():
    urllib.request.urlopen("http://127.0.0.1:9/")


def parsed():
    json.loads('{"to": "eve", }')


def attribute():
    None.deliver("letter")


def unpacked():
    a, b = [1, 2, 3]


def imported():
    import mail_without_a_file


def keyed():
    {"a": 1}["b"]


def asserted():
    assert 1 + 1 == 3, "sums are off"


def interrupted():
    raise KeyboardInterrupt


def grouped():
    raise BaseExceptionGroup("letters", [Undeliverable("one"), KeyError("two"), OSError(28, "No space left on device")])


def pooled():
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(deliver, ["letter", "letter"]))


def threads():
    for name in ("sorter", "sender"):
        mark("error")
        thread = threading.Thread(target=deliver, args=["letter"], name=name)
        thread.start()
        thread.join()


def spoken(form, date=None):
    logging.basicConfig(format=form, datefmt=date, level=logging.DEBUG)
    log = logging.getLogger("mail.sender")
    for number in range(4):
        mark("calm")
        log.debug("letter %d taken up, error=None", number)
        log.info("letter %d: 0 failures", number)
        mark("error")
        try:
            [context, hidden, keyed, parsed][number]()
        except Exception:
            log.error("letter %d cannot be delivered", number, exc_info=True)
        mark("calm")
        log.warning("letter %d goes back", number)
        mark("error")
        with contextlib.suppress(Exception):
            log.error("postman %d is ill", number)
    mark("critical")
    log.critical("no postmen left")


def letters():
    for number in range(3):
        mark("calm")
        print(
            json.dumps({"timestamp": f"2026-11-22T10:00:0{number}Z", "severity": "INFO", "message": "no errors"}),
            file=sys.stderr,
        )
        mark("error")
        try:
            deliver("letter")
        except Exception as error:
            record = {
                "timestamp": f"2026-11-22T10:00:0{number}Z",
                "severity": "ERROR",
                "message": str(error),
                "stack_trace": traceback.format_exc(),
            }
            print(json.dumps(record), file=sys.stderr)


CASES = {
    "colons": lambda: spoken("%(levelname)s:%(asctime)s:%(name)s:%(message)s"),
    "brackets": lambda: spoken("[%(levelname)s] %(asctime)s %(name)s - %(message)s", "%d/%b/%Y %H:%M:%S"),
    "django": lambda: spoken("%(levelname)s %(asctime)s %(module)s %(process)d %(thread)d %(message)s"),
    "dashes": lambda: spoken("%(asctime)s - %(name)s - %(levelname)s - %(message)s"),
    "short": lambda: spoken("%(levelname).1s %(asctime)s.%(msecs)03d %(name)s] %(message)s", "%m%d %H:%M:%S"),
}

if __name__ == "__main__":
    {**globals(), **CASES}[sys.argv[1]]()
