"""A small real HTTP service. It refuses to start while its lock file is there: kill -9 leaves one behind."""

import logging
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Shop(BaseHTTPRequestHandler):
    """Answers every GET with `open`."""

    def do_GET(self) -> None:
        """Answer."""
        body = b"open\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing about requests."""


def main(folder: Path, port: int) -> int:
    lock = folder / "shop.lock"
    logging.basicConfig(
        filename=folder / "shop.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s shop[%(process)d]: %(message)s",
    )
    try:
        with lock.open("x", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
    except FileExistsError:
        logging.exception("cannot start: lock file %s already exists; is another instance running?", lock)
        return 1
    try:
        logging.info("open on port %d", port)
        ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
    finally:
        lock.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
