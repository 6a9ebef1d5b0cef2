"""Speed as ratios, each pair interleaved in one run; a missed floor is exit 1. `make bench` prints the table."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 15
FILES = 1000
AGENT = Path(sys.executable).with_name("aiops-agent")
BARE = [sys.executable, "-I", "-S", "-c", "pass"]

HEALTHY = (
    "2026-11-23 02:58:{second:02d},204 INFO  [http-nio-8080-exec-3] Orders - GET /v1/orders/{n} 200 14ms errors=0\n"
)
FAULT = "2026-11-23 02:59:02,377 ERROR [http-nio-8080-exec-7] Orders - order {n} failed: Connection refused\n"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    work: str
    ours: float
    theirs: float
    floor: float | None
    """The ratio it must not exceed; None: no promise is made yet."""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    def __str__(self) -> str:
        promise = "none yet" if self.floor is None else f"at most {self.floor:g}x"
        times = f"{self.ours * 1000:7.1f} ms | {self.theirs * 1000:5.1f} ms"
        return (
            f"| {self.work:<46} | {times} | {self.ratio:5.2f}x | {promise} | {'MISSED' if self.is_missed else 'ok'} |"
        )

    @property
    def is_missed(self) -> bool:
        return self.floor is not None and self.ratio > self.floor


def seconds(argv: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def interleaved(ours: Callable[[], float], theirs: Callable[[], float]) -> Iterator[tuple[float, float]]:
    ours(), theirs()  # the first of each warms the page cache
    for _ in range(ROUNDS):
        yield ours(), theirs()


def measured(work: str, floor: float | None, ours: Callable[[], float], theirs: Callable[[], float]) -> Figure:
    pairs = list(interleaved(ours, theirs))
    return Figure(work, statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), floor)


def configured(folder: Path, files: int) -> tuple[Path, Path]:
    logs = folder / "logs"
    logs.mkdir(parents=True)
    for number in range(files):
        (logs / f"app-{number}.log").write_text("".join(HEALTHY.format(second=s, n=number) for s in range(5)))
    config = folder / "config.yaml"
    config.write_text(
        f'state_dir: {folder}/state\nsources:\n  - {{type: file, paths: ["{logs}/*.log"], start: beginning}}\n'
    )
    # A configuration written within the second before a tick is not vouched for by it.
    earlier = time.time() - 60
    os.utime(config, (earlier, earlier))
    return config, logs / "app-0.log"


def scan(config: Path) -> list[str]:
    return [str(AGENT), "scan", "--json", "--config", str(config)]


def quiet_tick(folder: Path) -> Figure:
    config, _ = configured(folder, FILES)
    time.sleep(1.1)  # as above: the change time of the configuration cannot be set back
    for _ in range(2):
        subprocess.run(scan(config), check=True, stdout=subprocess.DEVNULL)
    assert (folder / "state" / "quiet").exists(), "the tick left no snapshot: this would time a full tick"
    return measured(f"quiet tick, {FILES} files", 4.0, lambda: seconds(scan(config)), lambda: seconds(BARE))


def small_tick(folder: Path) -> Figure:
    """1 MB of new lines whose faults are all known."""
    config, log = configured(folder, 1)
    megabyte = "".join(FAULT.format(n=n) if n % 100 == 0 else HEALTHY.format(second=n % 60, n=n) for n in range(8000))
    with log.open("a") as file:
        file.write(megabyte)
    subprocess.run(scan(config), check=True, stdout=subprocess.DEVNULL)

    def tick() -> float:
        with log.open("a") as file:
            file.write(megabyte)
        started = time.perf_counter()
        answer = subprocess.run(scan(config), check=True, stdout=subprocess.PIPE)
        took = time.perf_counter() - started
        found = json.loads(answer.stdout)
        assert found["errors"] == 80, found["errors"]
        return took

    return measured("tick with 1 MB of new log, no new fault", None, tick, lambda: seconds(BARE))


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures = [quiet_tick(Path(folder) / "quiet"), small_tick(Path(folder) / "small")]
    print(f"medians of {ROUNDS} rounds, each beside `python -I -S -c pass`\n")
    print("| work | aiops-agent | bare Python | ratio | floor | |\n| --- | --- | --- | --- | --- | --- |")
    for figure in figures:
        print(figure)
    return int(any(figure.is_missed for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
