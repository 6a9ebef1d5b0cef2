"""A notice board: Tornado with its own way to log."""

import asyncio
import json
import random
import sys

import marks
import tornado.options
from tornado import httpclient, ioloop, log, web

chance = random.Random(7)


class Notices(web.RequestHandler):
    async def get(self, what):
        if what == "sqrt":
            self.write({"side": (-4) ** 0.5 > 2})
        if what == "argument":
            self.write(self.get_argument("page"))
        if what == "json":
            json.loads("{'page': 1}")
        if what == "twice":
            self.finish("a")
            self.write("b")
        if what == "gone":
            raise web.HTTPError(500, "storage %s is read-only", "/srv/notices")
        if what == "busy":
            raise web.HTTPError(503)
        if what == "fetch":
            await httpclient.AsyncHTTPClient().fetch("http://127.0.0.1:9/rss")
        if what == "header":
            self.set_header("X-Page", "1\r\nX: 2")
        if what == "unpack":
            first, _second = "a-b-c".split("-")
            self.write(first)
        if what == "recursion":
            self.render_string("none.html")
        if what == "attribute":
            self.write(self.current_user.name)
        self.write("ok")


def callback_fails():
    return {}["hook"]


async def coroutine_fails():
    raise PermissionError(13, "Permission denied", "/srv/notices/.index")


def healthy():
    n = chance.randint(1, 9999)
    chance.choice(
        [
            lambda: log.gen_log.info("notice %d published", n),
            lambda: log.app_log.info("expired %d notices, %d errors", n % 20, 0),
            lambda: log.app_log.debug("template errors.html compiled"),
            lambda: log.app_log.info("user %d looked for 'fatal exception'", n),
            lambda: log.app_log.warning("slow query: %d ms", n),
            lambda: log.app_log.info("backup finished, nothing failed"),
        ]
    )()


async def ask(path):
    client = httpclient.AsyncHTTPClient()
    await client.fetch(f"http://127.0.0.1:8463{path}", raise_error=False)


async def serve():
    app = web.Application([(r"/n/(\w+)", Notices)], template_path="/srv/none")
    app.listen(8463, "127.0.0.1")
    whats = "sqrt json twice gone busy fetch header unpack recursion attribute".split() * 2
    chance.shuffle(whats)
    for number, what in enumerate(whats):
        for _ in range(chance.choice((0, 1, 2, 4))):
            healthy()
        for path in chance.sample(["/n/all", "/n/exception", "/error.css", "/n/argument"], chance.randint(0, 3)):
            await ask(path)
        with marks.failure():
            await ask(f"/n/{what}")
            await asyncio.sleep(0.02)
        if number % 5 == 0:
            healthy()
            with marks.failure():
                loop = ioloop.IOLoop.current()
                loop.add_callback(chance.choice((callback_fails, coroutine_fails)))
                await asyncio.sleep(0.02)
        if number % 7 == 0:
            healthy()
            with marks.failure():
                log.app_log.error(
                    "mail to %d subscribers not sent: %s", number + 2, OSError(101, "Network is unreachable")
                )
            healthy()


sys.argv[1:] = ["--logging=debug"] if sys.argv[1] == "serve" else ["--logging=info"]
tornado.options.parse_command_line()
asyncio.run(serve())
