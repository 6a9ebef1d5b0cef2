"""Keeps the service running, as an init system does: starts it again when it ends, and says so in supervisor.log."""

import logging
import signal
import subprocess
import sys
import time
from pathlib import Path

PAUSE = 0.5
"""Seconds between an end and the next start."""


def main(folder: Path, port: int) -> int:
    logging.basicConfig(
        filename=folder / "supervisor.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s supervisor: %(message)s",
    )
    stopping = False
    service = subprocess.Popen([sys.executable, str(Path(__file__).with_name("shop.py")), str(folder), str(port)])

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        service.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    starts = 1
    while True:
        code = service.wait()
        if stopping:
            return 0
        how = (
            f"killed, status={-code}/{signal.Signals(-code).name[3:]}" if code < 0 else f"exited, status={code}/FAILURE"
        )
        logging.error("demo-shop.service: Main process exited, code=%s", how)
        logging.error("demo-shop.service: Failed with result 'exit-code', restart counter is at %d", starts)
        time.sleep(PAUSE)
        if stopping:
            return 0
        service = subprocess.Popen(service.args)
        starts += 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
