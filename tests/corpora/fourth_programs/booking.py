"""A booking service that fails: `booking.py WAY FAILURE`; each way is a library in the layout it has by default."""

import asyncio
import concurrent.futures
import datetime
import decimal
import importlib
import json
import logging
import logging.config
import multiprocessing
import os
import socket
import struct
import subprocess
import sys
import threading
import urllib.request
import uuid

WAY, FAILURE = sys.argv[1:3]
HEALTHY = [
    ("info", "Seat map of hall 4 loaded in 12 ms"),
    ("warning", "payment gateway slow: 1840 ms (limit 2000 ms)"),
    ("info", "nightly cleanup done, removed=42 errors=0 failed=0"),
    ("info", '10.4.7.21 - "GET /api/v2/seats?hall=4&error=none HTTP/1.1" 200'),
    ("debug", "no error handler registered for /legacy, falling back to default"),
    ("info", "Booking 88123 confirmed for Zoë Müller (2 seats)"),
]


class SeatTaken(Exception):
    def __init__(self, seat, by):
        super().__init__(f"seat {seat!r} is held by {by!r}: try again in 00:05:00")


class PaymentDeclined(ValueError):
    pass


def mark(byte):
    sys.stdout.flush()
    os.write(2, bytes([byte]) + b"\n")


def missing_key():
    return {"hall": 4}["row"]


def null_customer():
    customer = None
    return customer.name.title()


def wrong_type():
    return "total: " + 17


def bad_date():
    return datetime.datetime.strptime("31.02.2026", "%d.%m.%Y")


def bad_json():
    return json.loads('{"seats": [1, 2,, 3], "note": "Caused by: nobody"}')


def refused():
    return socket.create_connection(("127.0.0.1", 1), timeout=1)


def no_host():
    return urllib.request.urlopen("http://127.0.0.1:1/api?x=1", timeout=1)


def file_missing():
    return open("/srv/booking/etc/tariffs-2026.json")


def recursion(depth=0):
    return recursion(depth + 1)


def chained():
    try:
        try:
            missing_key()
        except KeyError as error:
            raise PaymentDeclined('card "Visa": 402') from error
    except PaymentDeclined as error:
        raise RuntimeError("booking 88124 could not be closed") from error


def while_handling():
    try:
        refused()
    except OSError:
        bad_date()


def custom():
    raise SeatTaken("F-12", {"user": "ana", "since": "18:04"})


def many_lines():
    raise ValueError(
        "3 validation errors for Booking\nseats\n  field required (type=value_error.missing)\n\ndate\n  invalid: 'soon'\n"
    )


def group():
    errors = []
    for fail in (missing_key, wrong_type, chained):
        try:
            fail()
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("3 of 9 seats failed", errors)


def noted():
    error = TimeoutError("lock booking:88 not had in 5.0s")
    error.add_note("owner: worker-3")
    error.add_note("hint: see https://wiki.example/locks")
    raise error


def overflow():
    return struct.pack(">H", 70000)


def decimals():
    return decimal.Decimal("12,50 €")


def exit_status():
    return subprocess.run(["sh", "-c", "exit 3"], check=True)


def late():
    return asyncio.run(asyncio.wait_for(asyncio.sleep(2), 0.01))


def asserted():
    assert [1, 2] == [2, 1], "seats differ: [1, 2] != [2, 1]"


def undecodable():
    return b"caf\xe9".decode()


def silent():
    raise NotImplementedError


FAILURES = {
    f.__name__: f
    for f in (missing_key, null_customer, wrong_type, bad_date, bad_json, refused, no_host, file_missing, recursion)
    + (chained, while_handling, custom, many_lines, group, noted, overflow, decimals, exit_status, late, asserted)
    + (undecodable, silent)
}


def charge(order):
    return FAILURES[FAILURE]()


def healthy(log, lines=HEALTHY):
    for level, text in lines:
        getattr(log, level)(text)


def logged(log, say=None):
    healthy(log, HEALTHY[len(FAILURE) % 3 : 4])
    try:
        charge({"id": 88124})
    except Exception:
        mark(2)
        (say or log.exception)("could not charge booking 88124")
        mark(3)
    healthy(log, HEALTHY[len(FAILURE) % 2 + 2 :])


def basic():
    logging.basicConfig(level=logging.DEBUG)
    logged(logging.getLogger("booking.charge"))


def dashed():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
    logged(logging.getLogger("booking"))


def thread_name():
    form = "%(asctime)s %(levelname)-8s [%(threadName)s] %(filename)s:%(lineno)d %(message)s"
    logging.basicConfig(level=logging.INFO, format=form)
    logged(logging.getLogger("booking"))


def bare():
    """No configuration at all: the handler of last resort."""
    print("worker 4 took over", file=sys.stderr)
    logged(logging.getLogger("booking"))


def stamped():
    """Uncaught, among lines of a print with a time."""
    for _, text in HEALTHY[len(FAILURE) % 4 :]:
        print(datetime.datetime.now().isoformat(timespec="seconds"), text, flush=True)
    mark(2)
    charge(None)


def plain():
    for _, text in HEALTHY[len(FAILURE) % 4 :]:
        print(text, flush=True)
    mark(2)
    charge(None)


def thread():
    print("scheduler: 3 jobs due", flush=True)
    mark(2)
    job = threading.Thread(target=charge, args=(1,), name="nightly")
    job.start()
    job.join()
    mark(3)
    print("scheduler: next run at 03:00", flush=True)


def process():
    print("pool of 4 workers is up", flush=True)
    mark(2)
    job = multiprocessing.get_context("fork").Process(target=charge, args=(1,))
    job.start()
    job.join()
    mark(3)
    print("worker 2 restarted", flush=True)


def pool():
    print("pool of 4 workers is up", flush=True)
    mark(2)
    with concurrent.futures.ProcessPoolExecutor(1) as workers:
        workers.submit(charge, 1).result()


def task():
    print("loop started", flush=True)
    mark(2)

    async def never_awaited():
        asyncio.get_running_loop().create_task(failing())
        await asyncio.sleep(0.05)

    async def failing():
        charge(1)

    asyncio.run(never_awaited())
    mark(3)
    print("loop closed after 50 ms", flush=True)


def unraisable():
    class Cursor:
        def __del__(self):
            charge(1)

    print("cursor opened", flush=True)
    cursor = Cursor()
    mark(2)
    del cursor
    mark(3)
    print("cursor closed", flush=True)


def fatal():
    import ctypes
    import faulthandler

    faulthandler.enable()
    print("loading native seat planner 2.1", flush=True)
    mark(2)
    ctypes.string_at(0)


def syntax():
    with open("/tmp/fourth_built/tariff_rules.py", "w") as file:
        file.write("RULES = {\n  'child': 0.5,\n  'senior' 0.7,\n}\n")
    sys.path.insert(0, "/tmp/fourth_built")
    print("reading rules", flush=True)
    mark(2)
    importlib.import_module("tariff_rules")


def loguru():
    from loguru import logger

    logged(logger)


def loguru_plain():
    """With the format most projects set, and without the values that loguru shows."""
    from loguru import logger

    logger.remove()
    logger.add(sys.stderr, format="{time:YYYY-MM-DD HH:mm:ss} | {level} | {message}", backtrace=False, diagnose=False)
    logged(logger)


def structlog():
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    log = structlog.get_logger()
    logged(log.bind(hall=4))


def structlog_json():
    import structlog

    processors = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso")]
    processors += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(processors, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    logged(structlog.get_logger().bind(request_id=str(uuid.UUID(int=7))))


def structlog_logfmt():
    import structlog

    processors = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso")]
    processors += [structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer()]
    structlog.configure(processors, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    logged(structlog.get_logger())


def flask():
    import flask as framework

    app = framework.Flask("booking")
    app.logger.setLevel("INFO")

    @app.get("/book/<int:number>")
    def book(number):
        mark(2)
        return charge(number)

    healthy(app.logger, HEALTHY[:2])
    app.test_client().get("/book/88124")
    mark(3)
    healthy(app.logger, HEALTHY[2:4])


def django():
    import django as framework
    from django.conf import settings
    from django.http import HttpRequest
    from django.urls import path

    verbose = "{levelname} {asctime} {module} {process:d} {thread:d} {message}"
    here = type(sys)("urls")
    sys.modules["urls"] = here
    here.urlpatterns = [path("book/<int:number>/", lambda request, number: charge(number))]
    settings.configure(
        ROOT_URLCONF="urls",
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="x",
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"verbose": {"format": verbose, "style": "{"}},
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "verbose"}},
            "root": {"handlers": ["console"], "level": "INFO"},
        },
    )
    framework.setup()
    from django.test import Client

    log = logging.getLogger("booking.views")
    healthy(log, HEALTHY[:3])
    mark(2)
    Client(raise_request_exception=False).get("/book/88124/")
    mark(3)
    healthy(log, HEALTHY[3:])


def celery():
    from celery import Celery
    from celery.contrib.testing.worker import start_worker

    app = Celery("booking", broker="memory://", backend="cache+memory://")
    app.conf.worker_hijack_root_logger = True
    app.log.setup(loglevel="INFO", redirect_stdouts=False)

    @app.task(name="booking.tasks.charge")
    def charge_task(number):
        return charge(number)

    log = logging.getLogger("booking")
    healthy(log, HEALTHY[:2])
    mark(2)
    with start_worker(app, perform_ping_check=False, pool="solo", loglevel="ERROR"):
        charge_task.delay(88124).get(propagate=False, timeout=10)
    mark(3)
    healthy(log, HEALTHY[2:4])


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"].endswith("shutdown"):
                return
    charge(88124)


def uvicorn():
    import uvicorn as server

    config = server.Config(application, port=0, access_log=False)
    running = server.Server(config)

    async def serve():
        serving = asyncio.create_task(running.serve())
        while not running.started:
            await asyncio.sleep(0.01)
        port = running.servers[0].sockets[0].getsockname()[1]
        mark(2)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /book/88124 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        await reader.read()
        mark(3)
        running.should_exit = True
        await serving

    asyncio.run(serve())


def gunicorn():
    from gunicorn.app.base import BaseApplication

    def ask():
        import time

        time.sleep(0.7)
        for _ in range(100):
            try:
                link = socket.create_connection(("127.0.0.1", 18734))
                break
            except OSError:
                time.sleep(0.05)
        link.sendall(b"GET /book/88124 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        link.recv(100)
        time.sleep(0.1)
        mark(3)
        os.kill(os.getppid(), 15)

    def answer(environ, start_response):
        mark(2)
        return charge(1)

    class Server(BaseApplication):
        def load_config(self):
            self.cfg.set("bind", "127.0.0.1:18734")
            self.cfg.set("post_worker_init", lambda worker: threading.Thread(target=ask).start())

        def load(self):
            return answer

    sys.argv = sys.argv[:1]
    Server().run()


if __name__ == "__main__":
    globals()[WAY]()
