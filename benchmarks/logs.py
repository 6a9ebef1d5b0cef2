"""Logs of a kind and a size, and the truth about them: what a reader has to find.

`logs.py KIND MEGABYTES FILE SEED` appends to FILE and prints the truth as JSON; SEED `known` appends the megabyte that
holds every fault of its kind.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MEGABYTE = 1 << 20
BLOCK = 32 * MEGABYTE
"""A long log repeats a block of this size: to make a gigabyte of random lines takes a minute and shows nothing more."""

SHARES = {"healthy": 0.001, "noisy": 0.05, "json": 0.01}
"""Of the records, how many are errors."""

QUIET = (
    "{date} INFO  [http-nio-{few}] com.acme.shop.OrderResource - GET /v1/orders/{many} 200 {few}ms",
    "{date} DEBUG HikariPool-1 - borrowed connection {many} idle={few} errors=0 failed=0",
    (
        '10.2.{few}.7 - - [22/Nov/2026:10:{minute}:{second} +0000] "GET /help/exception-guide?id={many} HTTP/1.1"'
        ' 200 {many} "-" "Mozilla/5.0 (X11; Linux x86_64)"'
    ),
    "Nov 22 10:{minute}:{second} web01 sshd[{many}]: Accepted publickey for deploy from 10.0.0.{few} port {many} ssh2",
    "{date} WARN  [gc] G1 Young pause {few}.{many}ms, within budget, no failure expected",
    "Nov 22 10:{minute}:{second} web01 systemd[1]: Started session-{many}.scope - Session {many} of User deploy.",
    "{date} INFO  [scheduler-{few}] com.acme.jobs.Runner - job error-report-{many} finished, 0 failed",
    "{date} INFO  [copy-{few}] com.acme.store.Replicator - segment {many} is on 3 nodes, retries=0 exceptions=none",
)

FAULTS = (
    """{date} ERROR [http-nio-{few}] com.acme.pay.ChargeResource - charge {many} failed
java.net.SocketTimeoutException: Read timed out
	at java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:283)
	at com.acme.pay.Client.charge(Client.java:88)
	at com.acme.pay.ChargeResource.post(ChargeResource.java:41)""",
    """{date} ERROR worker: task {many} raised
Traceback (most recent call last):
  File "/srv/app/jobs.py", line 71, in run
    self.store.put(key)
  File "/srv/app/store.py", line 19, in put
    os.write(fd, data)
OSError: [Errno 28] No space left on device""",
    (
        "2026/11/22 10:{minute}:{second} [error] 2211#2211: *{many} connect() failed (111: Connection refused) while"
        " connecting to upstream, client: 10.2.{few}.9, server: shop"
    ),
    (
        "2026-11-22 10:{minute}:{second}.{milli} UTC [{many}] FATAL:  remaining connection slots are reserved for"
        " roles with the SUPERUSER attribute"
    ),
    """panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f3c1]

goroutine {few} [running]:
main.(*Cart).Total(...)
	/src/cart.go:52 +0x1d
main.main()
	/src/main.go:17 +0x2b""",
    (
        "Nov 22 10:{minute}:{second} web01 kernel: Out of memory: Killed process {many} (java) total-vm:{many}kB,"
        " anon-rss:{many}kB"
    ),
    "{date} FATAL com.acme.queue.LogFolder - stopping, disk error in /data/queue-{few}",
)

QUIET_JSON = (
    (
        '{{"ts":"2026-11-22T10:{minute}:{second}.{milli}Z","level":"info","msg":"cache refreshed","error":null,'
        '"errors":0,"took_ms":{few},"id":{many}}}'
    ),
)

FAULTS_JSON = (
    (
        '{{"ts":"2026-11-22T10:{minute}:{second}.{milli}Z","level":"error","msg":"upsert failed",'
        '"err":"ERROR: deadlock detected (SQLSTATE 40P01)","id":{many}}}'
    ),
    (
        '{{"ts":"2026-11-22T10:{minute}:{second}.{milli}Z","level":"error","msg":"dial tcp: lookup db-{few}.internal:'
        ' no such host","stack":"main.dial\\n\\t/src/db.go:31\\nmain.main\\n\\t/src/main.go:9","id":{many}}}'
    ),
)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a log holds."""

    bytes: int
    errors: int
    """Error records: a trace is one."""


def write(path: Path, kind: str, megabytes: int, *, seed: int) -> Truth:
    """Append a log of a kind of `SHARES` to a file, of whole blocks and so a little longer than asked for."""
    size = min(BLOCK, megabytes * MEGABYTE)
    return _append(path, _block(kind, size, SHARES[kind], random.Random(seed)), -(-megabytes * MEGABYTE // size))


def write_known(path: Path, kind: str) -> Truth:
    """Append a megabyte of which every fifth record is an error."""
    return _append(path, _block(kind, MEGABYTE, 0.2, random.Random(0)), 1)


def _append(path: Path, block: tuple[bytes, int], times: int) -> Truth:
    content, errors = block
    with path.open("ab") as file:
        for _ in range(times):
            file.write(content)
    return Truth(len(content) * times, errors * times)


def _block(kind: str, size: int, share: float, chance: random.Random) -> tuple[bytes, int]:
    quiet, faults = (QUIET_JSON, FAULTS_JSON) if kind == "json" else (QUIET, FAULTS)
    records: list[str] = []
    length = errors = 0
    for record, is_error in _records(quiet, faults, share, chance):
        records.append(record)
        length += len(record) + 1
        errors += is_error
        if length >= size:
            break
    return "".join(f"{record}\n" for record in records).encode(), errors


def _records(
    quiet: Sequence[str], faults: Sequence[str], share: float, chance: random.Random
) -> Iterator[tuple[str, bool]]:
    while True:
        is_error = chance.random() < share
        minute, second, milli = (
            f"{chance.randrange(60):02}",
            f"{chance.randrange(60):02}",
            f"{chance.randrange(1000):03}",
        )
        yield (
            chance.choice(faults if is_error else quiet).format(
                date=f"2026-11-22 10:{minute}:{second},{milli}",
                minute=minute,
                second=second,
                milli=milli,
                few=chance.randint(1, 250),
                many=chance.randint(1000, 999_999),
            ),
            is_error,
        )


if __name__ == "__main__":
    which, length, target, start = sys.argv[1:]
    truth = (
        write_known(Path(target), which)
        if start == "known"
        else write(Path(target), which, int(length), seed=int(start))
    )
    print(json.dumps(asdict(truth)))
