"""Lines written = lines accounted: a log that is rotated every five seconds by every method, scanned again and again.

One process writes numbered errors among calm lines and turns its log over; each scan is a process of its own, as a
timer would start it. At the end every error must be counted once, no byte reported lost, and the memory of the last
scans must be that of the first.
"""

import argparse
import gzip
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
TURN_OVER = 5.0
SCAN_EVERY = 1.0
MOST_GROWTH = 1.05
"""Of the median peak memory of the last fifth of the scans over that of the first: measured noise is 1 %."""

FAULTS = (
    "connection refused by the database on port 5432",
    "no space left on device while writing the journal",
    "certificate of the peer has expired",
)
FRAMES = "java.io.IOException: broken pipe\n\tat shop.Orders.save(Orders.java:42)\n\tat shop.Main.run(Main.java:7)\n"


class Log:
    """The log of a busy program, and its rotation."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        self.path = path
        self.chance = chance
        self.lines = self.errors = self.turns = 0
        self.path.touch()

    def write(self) -> None:
        text = []
        for _ in range(self.chance.randrange(50, 400)):
            self.lines += 1
            if self.chance.random() < 0.05:
                self.errors += 1
                text.append(f"2026-11-23 03:00:00,001 ERROR [main] shop.Orders - {self.chance.choice(FAULTS)}\n")
                text.append(FRAMES if self.chance.random() < 0.3 else "")
            else:
                text.append(f"2026-11-23 03:00:00,001 INFO  [main] shop.Orders - order {self.lines} taken\n")
        whole = "".join(text)
        cut = self.chance.randrange(len(whole))
        with self.path.open("a") as file:
            file.write(whole[:cut])
            file.flush()
            file.write(whole[cut:])

    def turn_over(self) -> None:
        """Create, copy and truncate while nothing is written, or pack what was turned over: one after the other."""
        self.turns += 1
        aside = self.path.with_name(f"{self.path.name}-20261123{self.turns:06}")
        if self.turns % 3 == 1:
            shutil.copy2(self.path, aside)
            os.truncate(self.path, 0)
            return
        self.path.rename(aside)
        self.path.touch()
        if self.turns % 3 == 0:
            found = aside.stat()
            packed = aside.with_name(f"{aside.name}.gz")
            packed.write_bytes(gzip.compress(aside.read_bytes()))
            os.utime(packed, ns=(found.st_atime_ns, found.st_mtime_ns))
            aside.unlink()


class Scans:
    """One scan after the other, each measured."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.config = folder / "config.yaml"
        source = f'{{type: file, paths: ["{log}"], start: beginning}}'
        self.config.write_text(f"state_dir: {folder}/state\nsources: [{source}]\n")
        self.memory: list[int] = []
        """Peak of each scan, in KiB."""

        self.errors = self.lost = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.output = folder / "output"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "aiops_agent", *words, "--json", "--config", str(self.config)]

    def start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(self.command("scan"), stdout=output, env=environment)

    def ended(self, *, wait: bool) -> bool:
        """Take in the result of the scan at work if it has ended."""
        if self.process is None:
            return True
        pid, status, usage = os.wait4(self.process.pid, 0 if wait else os.WNOHANG)
        if not pid:
            return False
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.process = None
        if status:
            sys.exit(f"a scan ended with status {status}")
        found = json.loads(self.output.read_bytes())
        self.errors += found["errors"]
        self.lost += found["lost_bytes"]
        self.memory.append(usage.ru_maxrss)
        return True

    def counted(self) -> int:
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(self.command("incidents", "list"), capture_output=True, env=environment, check=True)
        incidents = json.loads(done.stdout)["incidents"]
        return sum(incident["occurrences"] for incident in incidents if incident["kind"] == "log")


def soak(folder: Path, minutes: float) -> bool:
    log = Log(folder / "logs" / "shop.log", random.Random(20261126))
    scans = Scans(folder, log.path)
    began = turned = scanned = time.monotonic()
    while (now := time.monotonic()) < began + 60 * minutes:
        log.write()
        if now - turned >= TURN_OVER:
            log.turn_over()
            turned = now
        if scans.ended(wait=False) and now - scanned >= SCAN_EVERY:
            scans.start()
            scanned = now
        time.sleep(0.02)
    scans.ended(wait=True)
    for _ in range(2):  # what was turned over last, then nothing
        scans.start()
        scans.ended(wait=True)
    return report(log, scans, minutes)


def report(log: Log, scans: Scans, minutes: float) -> bool:
    fifth = max(1, len(scans.memory) // 5)
    first, last = (statistics.median(part) for part in (scans.memory[:fifth], scans.memory[-fifth:]))
    counted = scans.counted()
    rows = (
        ("minutes", f"{minutes:g}"),
        ("lines written", log.lines),
        ("rotations", log.turns),
        ("scans", len(scans.memory)),
        ("errors written", log.errors),
        ("errors found by the scans", scans.errors),
        ("errors counted in incidents", counted),
        ("bytes reported lost", scans.lost),
        ("peak memory, first fifth", f"{first / 1024:.1f} MiB"),
        ("peak memory, last fifth", f"{last / 1024:.1f} MiB"),
    )
    print("| what | value |\n| --- | ---: |")
    for what, value in rows:
        print(f"| {what} | {value} |")
    is_exact = log.errors == scans.errors == counted and scans.lost == 0
    is_flat = last <= first * MOST_GROWTH
    print(f"\n{'exact' if is_exact else 'NOT EXACT'}, memory {'flat' if is_flat else 'GREW'}")
    return is_exact and is_flat


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "logs").mkdir()
        return 0 if soak(Path(folder), parser.parse_args().minutes) else 1


if __name__ == "__main__":
    sys.exit(main())
