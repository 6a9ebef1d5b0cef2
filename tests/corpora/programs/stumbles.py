"""Falls in other ways than `falls.py`: decoding, sockets, subclasses, tasks, pools, loggers with other layouts."""

import asyncio
import concurrent.futures
import decimal
import json
import logging
import socket
import sqlite3
import subprocess
import sys

way = sys.argv[1]
LAYOUTS = {
    "uvicorn": "%(levelname)s:     %(message)s",
    "celery": "[%(asctime)s: %(levelname)s/%(processName)s] %(message)s",
    "django": "%(levelname)s %(asctime)s %(module)s %(process)d %(thread)d %(message)s",
    "syslog": "Nov 22 10:01:02 web01 shop[4711]: %(levelname)s %(message)s",
}
logging.basicConfig(format=LAYOUTS.get(way, "%(asctime)s [%(levelname)s] %(name)s: %(message)s"), level=logging.INFO)
logger = logging.getLogger("shop.bank")


class BankDown(ConnectionError):
    """The bank does not answer."""

    def __str__(self):
        return f"bank {self.args[0]} is down\nsince {self.args[1]}"


class OutOfTea(LookupError):
    """There is no tea."""


def query(statement):
    sqlite3.connect(":memory:").execute(statement)


def ask(bank):
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    except OSError as error:
        raise BankDown(bank, "noon") from error


def retry():
    try:
        ask("one")
    except BankDown:
        try:
            query("select tea from shelf")
        except sqlite3.Error:
            raise OutOfTea("neither bank nor shelf")


async def pour():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.to_thread(query, "select 1 from shelf"))
        tasks.create_task(asyncio.to_thread(ask, "two"))


def pooled():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, ["one", "two"]))


def caught(fail, message):
    try:
        fail()
    except BaseException:
        logger.exception(message)


def fall():
    match way:
        case "sqlite": query("selekt 1")
        case "bank": ask("one")
        case "retry": retry()
        case "tasks": asyncio.run(pour())
        case "pool": pooled()
        case "decimal": decimal.Decimal("four")
        case "json": json.loads('{"tea": }')
        case "process": subprocess.run(["false"], check=True)
        case "indentation": exec("if 1:\nprint()")
        case "overflow": int("9" * 5000)
        case "never-awaited":
            async def failing():
                raise OutOfTea("unseen")
            async def main():
                task = asyncio.ensure_future(failing())
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                del task
            asyncio.run(main())
        case "uvicorn" | "celery" | "django" | "syslog":
            caught(retry, "no tea today")
            logger.info("cart 18 was opened")
            caught(lambda: query("selekt 1"), "the shelf cannot be read")
            logger.info("cart 19 was opened")
            logger.critical("shutting down")


logger.info("cart 17 was opened")
try:
    fall()
finally:
    if way in LAYOUTS or way == "never-awaited":
        logger.info("cart 17 was closed")
