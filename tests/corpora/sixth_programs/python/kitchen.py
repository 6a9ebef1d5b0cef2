"""Orders of a canteen: FastAPI under uvicorn."""

import asyncio
import logging
import random
import sys
import threading
import time

import httpx
import marks
import uvicorn
from fastapi import BackgroundTasks, FastAPI
from pydantic import BaseModel

chance = random.Random(8)
log = logging.getLogger("uvicorn.error")
app = FastAPI()


class Dish(BaseModel):
    name: str
    grams: int


def print_ticket(table):
    raise OSError(5, "Input/output error", f"/dev/usb/lp{table}")


@app.get("/menu")
def menu():
    return ["soup", "error cake"]


@app.get("/fail/{what}")
async def fail(what: str, background: BackgroundTasks):
    match what:
        case "division":
            return 1 // len([])
        case "background":
            background.add_task(print_ticket, 4)
            return "queued"
        case "group":
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(asyncio.open_connection("127.0.0.1", 9))
        case "assertion":
            assert menu() == [], "menu is not empty"
        case "cause":
            try:
                menu()[7]
            except IndexError as e:
                raise LookupError("no such dish") from e
        case "context":
            try:
                int("1.5 kg")
            except ValueError:
                return {}["weight"]
        case "http":
            async with httpx.AsyncClient() as client:
                return (await client.get("http://127.0.0.1:9/")).text
        case "status":
            httpx.Response(502, request=httpx.Request("GET", "http://till.example.org/")).raise_for_status()
        case "iteration":
            return next(iter([]))
        case "unicode":
            return b"cr\xe8me".decode()
    raise NotImplementedError(what)


@app.get("/dish", response_model=Dish)
def dish():
    return {"name": None, "grams": "a lot"}


@app.get("/sync")
def sync():
    with open("/etc/canteen/prices.toml", "rb") as file:
        return file.read()


def healthy(client):
    n = chance.randint(1, 9999)
    chance.choice(
        [
            lambda: client.get("/menu"),
            lambda: client.get(f"/orders/{n}/exception"),
            lambda: client.get("/fail/x?retries=y"[:5]),
            lambda: log.info("Cook %d has %d open orders, 0 failed", n % 8, n % 30),
            lambda: log.warning("Table %d waits for %d s", n % 40, n),
            lambda: log.info("Oven reports: no error"),
            lambda: log.debug("not shown"),
        ]
    )()


WHATS = "division group assertion cause context http status iteration unicode other".split()


def use():
    time.sleep(1)
    rounds = [*(f"/fail/{what}" for what in WHATS), "/dish", "/sync", "/fail/background"]
    chance.shuffle(rounds)
    with httpx.Client(base_url="http://127.0.0.1:8464") as client:
        for number, path in enumerate(rounds):
            for _ in range(chance.choice((1, 2, 3, 5))):
                healthy(client)
            with marks.failure():
                client.get(path)
                time.sleep(0.05)
            if number % 4 == 0:
                healthy(client)
                with marks.failure():
                    log.error("Till %d does not answer", number)
                healthy(client)
        time.sleep(0.1)
    server.should_exit = True


port = 8464 if sys.argv[1] == "serve" else int(sys.argv[2])
server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, use_colors=False))
if sys.argv[1] == "serve":
    threading.Thread(target=use).start()
server.run()
