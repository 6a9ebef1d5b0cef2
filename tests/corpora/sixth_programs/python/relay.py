"""A relay between a shop and its suppliers: aiohttp as server and client, asyncio's own words, basicConfig."""

import asyncio
import gc
import logging
import random
import sys

import aiohttp
import marks
from aiohttp import web

logging.basicConfig(level=logging.INFO, stream=sys.stdout)
log = logging.getLogger("relay")
chance = random.Random(61)


async def prices(request):
    match request.query.get("of"):
        case "missing":
            return web.json_response({"price": {"bolt": 3}[request.query["sku"]]})
        case "text":
            return web.json_response(await request.json())
        case "type":
            return web.Response(text=b"3.40")
        case "none":
            return None
        case "upstream":
            async with aiohttp.ClientSession() as session, session.get("http://127.0.0.1:9/stock") as answer:
                return web.json_response(await answer.json())
        case "slow":
            async with asyncio.timeout(0.01):
                await asyncio.sleep(3)
    return web.json_response({"price": 3})


def expect(condition, text):
    if not condition:
        raise RuntimeError(text)


async def orphan():
    async def poll():
        return int("12 pieces")

    task = asyncio.create_task(poll(), name="poll-supplier")
    await asyncio.sleep(0.01)
    del task
    gc.collect()


async def orphan_os():
    async def spool():
        open("/var/spool/relay/out.json").close()

    task = asyncio.create_task(spool())
    await asyncio.sleep(0.01)
    del task
    gc.collect()


async def callback():
    asyncio.get_running_loop().call_soon(expect, False, "supplier 7 sent no heartbeat")
    await asyncio.sleep(0.01)


async def callback_bad():
    asyncio.get_running_loop().call_later(0.001, lambda: [][3])
    await asyncio.sleep(0.02)


async def unclosed():
    session = aiohttp.ClientSession()
    del session
    gc.collect()
    await asyncio.sleep(0.01)


async def future_error():
    future = asyncio.get_running_loop().create_future()
    future.set_exception(ConnectionResetError(104, "Connection reset by peer"))
    del future
    gc.collect()
    await asyncio.sleep(0.01)


async def group():
    async def one(supplier):
        await asyncio.open_connection("127.0.0.1", 9 + supplier)

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(one(0))
            tasks.create_task(one(2))
    except* OSError:
        log.exception("no supplier answers")


async def dns():
    try:
        async with aiohttp.ClientSession() as session:
            await session.get("http://supplier.invalid/")
    except aiohttp.ClientError as e:
        log.error("supplier feed: %s", e)


async def refused():
    try:
        async with aiohttp.ClientSession() as session:
            await session.post("http://127.0.0.1:9/orders", json={})
    except aiohttp.ClientError:
        log.exception("order not passed on")


async def timed_out():
    try:
        await asyncio.wait_for(asyncio.sleep(2), 0.01)
    except TimeoutError:
        log.error("supplier %d timed out after 10 ms", chance.randint(1, 9))


async def handler():
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "SSL handshake failed on verifying the certificate", "peer": ("::1", 4)})
    await asyncio.sleep(0)


APART = [orphan, orphan_os, callback, callback_bad, unclosed, future_error, group, dns, refused, timed_out, handler]


def healthy():
    n = chance.randint(1, 9999)
    chance.choice(
        [
            lambda: log.info("supplier %d: %d articles, no error", n % 9, n),
            lambda: log.info("reconnected to supplier %d after 1 failed attempt", n % 9),
            lambda: log.info("GET /errors/%d -> 200", n),
            lambda: log.warning("cache is cold"),
            lambda: log.warning("supplier %d: timeout, retry 1 of 3", n % 9),
            lambda: log.info("retry 1 of 3 succeeded"),
            lambda: log.info("ExceptionMapper registered"),
            lambda: print("metrics: up=1 errors_total=0 latency_ms=%d" % (n % 90), flush=True),
        ]
    )()


async def serve():
    app = web.Application()
    app.router.add_route("*", "/prices", prices)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 8461)
    await site.start()
    log.info("listening on 8461")

    async def ask(what):
        async with aiohttp.ClientSession() as session:
            await session.post(f"http://127.0.0.1:8461/prices?of={what}", data="{price:")

    rounds = [*APART, *APART, "missing", "text", "type", "none", "upstream", "slow", "text", "none", "missing"]
    chance.shuffle(rounds)
    for failing in rounds:
        for _ in range(chance.choice((0, 2, 3, 5))):
            healthy()
        if chance.random() < 0.6:
            await ask("all")
        with marks.failure():
            if isinstance(failing, str):
                await ask(failing)
                await asyncio.sleep(0.02)
            else:
                await failing()


async def fall():
    for _ in range(3):
        healthy()
    marks.begin()
    if sys.argv[2] == "port":
        site = await asyncio.start_server(lambda *_: None, "127.0.0.1", 8462)
        await asyncio.start_server(lambda *_: None, "127.0.0.1", 8462)
        site.close()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.open_connection("127.0.0.1", 9))
        tasks.create_task(asyncio.sleep(9))


asyncio.run(serve() if sys.argv[1] == "serve" else fall())
