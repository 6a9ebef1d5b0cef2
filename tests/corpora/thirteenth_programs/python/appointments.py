"""Book, move and confirm the appointments of a veterinary hospital.

Ways: `stdlib` is logging with the format most projects copy; `loguru` and `structlog` (its console renderer) are the
libraries as they come; `json` is python-json-logger; `bare` prints; `journal` is logging.basicConfig() as it comes.
"""

import contextlib
import faulthandler
import json
import logging
import os
import random
import sqlite3
import subprocess
import sys
import threading
import traceback
import urllib.request
from datetime import datetime

WAY, SEED, START, STATE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
JOBS = 44
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
VETS = ["Dr. Okafor", "Dr. Lindqvist", "Dr. Marsh", "Dr. Benali"]
PETS = ["Biscuit", "Luna", "Otto", "Pepper", "Miso", "Rex", "Clover"]


class BookingError(Exception):
    pass


class SlotTaken(BookingError):
    pass


class CalendarUnavailable(Exception):
    def __init__(self, calendar, attempts):
        super().__init__(f"calendar {calendar} unavailable after {attempts} attempts")


def mark(byte):
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, byte + b"\n")


def set_up():
    """Return a function that logs: level, message, exception, and fields for those who like them."""
    if WAY == "loguru":
        from loguru import logger

        return lambda level, text, error=None, **_: logger.opt(exception=error, depth=1).log(level.upper(), text)
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
        log = structlog.get_logger()

        def structured(level, text, error=None, **fields):
            if error:
                fields["exc_info"] = error
            getattr(log, level)(text, **fields)

        return structured
    if WAY == "bare":

        def printed(level, text, error=None, **_):
            if level in ("error", "critical"):
                print(f"ERROR: {text}", file=sys.stderr)
            elif level == "warning":
                print(f"warning: {text}")
            else:
                print(text)
            if error:
                traceback.print_exception(error)

        return printed
    if WAY == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler = logging.StreamHandler()
        handler.setFormatter(
            JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"levelname": "level"})
        )
        logging.basicConfig(level=logging.DEBUG, handlers=[handler])
    elif WAY == "stdlib":
        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
    else:
        logging.basicConfig(level=logging.DEBUG)
    log = logging.getLogger("appointments.worker")

    def plain(level, text, error=None, **fields):
        log.log(LEVELS[level], text, exc_info=error, extra=fields if WAY == "json" else None)

    return plain


say = set_up()
database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE slots (vet TEXT, hour INTEGER, pet TEXT NOT NULL, UNIQUE (vet, hour))")


class Job:
    def __init__(self, number):
        self.chance = random.Random(SEED * 1000 + number)
        self.number = number
        self.id = f"A-{self.chance.randint(10000, 99999)}"
        self.vet = self.chance.choice(VETS)
        self.pet = self.chance.choice(PETS)
        self.hour = self.chance.randint(8, 18)

    # what it does when all is well

    def work(self):
        lines = [
            ("info", f"Appointment {self.id} booked for {self.pet} with {self.vet} at {self.hour}:00"),
            ("debug", f"Calendar of {self.vet} synchronised, {self.chance.randint(3, 14)} entries"),
            ("info", f"Confirmation for {self.id} sent to owner {self.chance.randint(100, 999)}"),
            ("info", f"Moved {self.id} from room {self.chance.randint(1, 4)} to room {self.chance.randint(5, 9)}"),
            ("debug", f"Queue length {self.chance.randint(0, 20)}, oldest entry {self.chance.randint(1, 90)} s"),
            ("warning", f"{self.vet} has only {self.chance.randint(1, 3)} free slots left this week"),
            ("info", f"Waiting list processed in {self.chance.randint(12, 480)} ms"),
        ]
        for level, text in self.chance.sample(lines, self.chance.randint(2, 4)):
            say(level, text, appointment=self.id)

    # what goes wrong

    def book_twice(self):
        for pet in (self.pet, "Nala"):
            database.execute("INSERT INTO slots VALUES (?, ?, ?)", (self.vet, 100 + self.number, pet))

    def reserve(self):
        try:
            self.book_twice()
        except sqlite3.IntegrityError as error:
            raise SlotTaken(f"slot {self.hour}:00 of {self.vet} is taken") from error

    def handle_request(self):
        try:
            self.reserve()
        except SlotTaken as error:
            raise BookingError(f"appointment {self.id} could not be booked") from error

    def parse_time(self):
        return datetime.strptime(f"2026-11-{30 + self.chance.randint(1, 9)} {self.hour}:00", "%Y-%m-%d %H:%M")

    def parse_request(self):
        body = f'{{"pet": "{self.pet}", "hour": {self.hour}, "vet": }}'
        return json.loads(body)

    def owner_of(self):
        owners = {"Biscuit?": 1}
        return owners[self.pet]

    def load_owner(self):
        return self.owner_of()

    def average_wait(self):
        waits = []
        return sum(waits) / len(waits)

    def send_reminder(self):
        owner = None
        return owner.email.lower()

    def open_template(self):
        with open(f"templates/confirm_{self.hour}.txt", encoding="utf-8") as file:
            return file.read()

    def ask_calendar(self):
        return urllib.request.urlopen("http://127.0.0.1:9/calendar", timeout=2).read()

    def sync(self):
        attempts = self.chance.randint(2, 5)
        try:
            self.ask_calendar()
        except OSError:
            raise CalendarUnavailable(self.vet, attempts)

    def export(self):
        subprocess.run(["false", "--pet", self.pet], check=True)

    def decode_note(self):
        return b"Tierarzt f\xfcr ".decode() + self.pet

    def find_free(self, hour):
        return self.find_free(hour + 1)

    def first_free(self):
        return self.find_free(self.hour)

    def check_room(self):
        room = self.chance.randint(10, 20)
        assert room < 10, f"room {room} does not exist"

    def notify_all(self):
        errors = []
        for step in (self.send_reminder, self.owner_of):
            try:
                step()
            except Exception as error:
                errors.append(error)
        raise ExceptionGroup(f"notifications for {self.id} failed", errors)

    def failing(self):
        steps = [
            (self.book_twice, f"Could not book {self.id}"),
            (self.reserve, f"Reservation {self.id} failed"),
            (self.handle_request, f"Request for {self.pet} failed"),
            (self.parse_time, f"Bad time in request {self.id}"),
            (self.parse_request, f"Could not parse request {self.id}"),
            (self.load_owner, f"Owner of {self.pet} could not be loaded"),
            (self.average_wait, "Waiting time could not be computed"),
            (self.send_reminder, f"Failed to send reminder for {self.id}"),
            (self.open_template, f"Failed to render confirmation of {self.id}"),
            (self.sync, f"Calendar sync failed for {self.vet}"),
            (self.export, f"Export of {self.id} failed"),
            (self.decode_note, f"Note of {self.id} unreadable"),
            (self.check_room, f"Room assignment failed for {self.id}"),
        ]
        if self.number % 22 == 9:
            return self.first_free, f"No slot found for {self.pet}"
        if self.number % 22 == 20:
            return self.notify_all, f"Notifications for {self.id} failed"
        return steps[(self.number * 5 + SEED) % len(steps)]

    # how it is told

    def caught(self, traced):
        step, text = self.failing()
        try:
            step()
        except Exception as error:
            mark(b"\2")
            if traced:
                say("error", text, error, appointment=self.id)
            else:
                say("error", f"{text}: {error}", appointment=self.id)
            mark(b"\3")

    def separate(self):
        texts = [
            f"SMS to owner of {self.pet} failed: gateway returned 503",
            f"Room {self.chance.randint(1, 9)} could not be released: lock held by another worker",
            f"Failed to update calendar entry {self.id}: 401 Unauthorized",
        ]
        for text in self.chance.sample(texts, self.chance.randint(2, 3)):
            mark(b"\2")
            say("error", text, appointment=self.id)
            mark(b"\3")

    def in_thread(self):
        thread = threading.Thread(target=self.failing()[0])
        mark(b"\2")
        thread.start()
        thread.join()
        mark(b"\3")

    def give_up(self):
        mark(b"\2")
        if self.chance.random() < 0.5:
            say("critical", f"Database for {self.vet} is read-only, shutting down", appointment=self.id)
        else:
            try:
                self.handle_request()
            except BookingError as error:
                say("critical", "Worker cannot go on", error, appointment=self.id)
        sys.exit(1)

    def die(self):
        mark(b"\2")
        self.failing()[0]()

    def crash(self):
        import ctypes

        mark(b"\2")
        ctypes.string_at(0)

    def run(self):
        self.work()
        hows = ["trace", "line", "trace", "die", "trace", "separate", "line", "thread", "trace", "give_up", "line"]
        how = "crash" if self.number == 30 else hows[self.number % len(hows)]
        if how in ("trace", "line"):
            self.caught(how == "trace")
        else:
            {
                "die": self.die,
                "separate": self.separate,
                "thread": self.in_thread,
                "give_up": self.give_up,
                "crash": self.crash,
            }[how]()


def main():
    faulthandler.enable()
    say("info", f"Appointment worker started, pid {os.getpid()}")
    for number in range(START, JOBS):
        with open(STATE, "w", encoding="utf-8") as file:
            file.write(str(number))
        with contextlib.closing(database.cursor()):
            Job(number).run()
    say("info", "All appointments processed, stopping")
    with open(STATE, "w", encoding="utf-8") as file:
        file.write("done")


if __name__ == "__main__":
    main()
