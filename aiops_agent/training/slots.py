"""What stands in the slots of a family: invented names and numbers, drawn from a seeded generator."""

import uuid
from collections.abc import Callable, Mapping
from random import Random
from string import Formatter

WORDS = [
    "orders",
    "billing",
    "cart",
    "catalog",
    "inventory",
    "payment",
    "shipping",
    "session",
    "customer",
    "invoice",
    "report",
    "search",
    "profile",
    "media",
    "audit",
    "ledger",
    "quote",
    "member",
    "coupon",
    "ticket",
    "stock",
    "price",
    "event",
    "device",
    "tenant",
    "export",
    "import",
    "sync",
    "digest",
    "archive",
]
NAMES = [
    "anna",
    "ravi",
    "chen",
    "maria",
    "tom",
    "deploy",
    "app",
    "svc_web",
    "backup",
    "jenkins",
    "olga",
    "kenji",
    "lee",
    "admin",
    "monitor",
    "ops",
    "www",
]
HOSTS = [
    "db-2",
    "web01",
    "cache-a",
    "node7",
    "mq3",
    "api-east",
    "worker-12",
    "gw1",
    "store-4",
    "edge9",
    "primary",
    "replica-b",
]
ZONES = ["internal.example", "svc.cluster.local", "corp.example", "lan", "prod.example.net", "example.org"]
DIRS = [
    "/var/lib",
    "/var/log",
    "/srv/app",
    "/opt/shop",
    "/home/deploy/current",
    "/data",
    "/mnt/volume1",
    "/usr/local/share",
    "/tmp",  # noqa: S108 - a word, no file is made
    "/etc",
]
SUFFIXES = ["log", "conf", "db", "yaml", "json", "tmp", "py", "so", "pem", "dat", "xml", "php", "rb"]
COLUMNS = ["id", "created_at", "user_id", "total", "status", "email", "sku", "amount", "parent_id", "region"]
METHODS = [
    "handle",
    "process",
    "execute",
    "save",
    "fetch",
    "load_all",
    "render",
    "run",
    "submit",
    "validate",
    "apply",
    "flush",
    "next_batch",
]
DEVICES = ["sda", "sda1", "sdb", "sdc2", "nvme0n1", "nvme0n1p2", "dm-3", "md0", "vdb", "xvda1", "mmcblk0"]


def _path(random: Random) -> str:
    return f"{random.choice(DIRS)}/{random.choice(WORDS)}/{_file(random)}"


def _file(random: Random) -> str:
    return f"{random.choice(WORDS)}{random.choice(('', '-1', '.old', '_v2'))}.{random.choice(SUFFIXES)}"


def _ip(random: Random) -> str:
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def _domain(random: Random) -> str:
    return f"{random.choice(WORDS)}.{random.choice(ZONES)}"


def _ident(random: Random) -> str:
    tail = random.choice(("Service", "Controller", "Worker", "Repository", "Client", "Task", "Store"))
    return random.choice(WORDS).capitalize() + tail


def _hex(random: Random) -> str:
    return f"{random.getrandbits(48):0{random.choice((8, 12, 16))}x}"


def _date(random: Random) -> str:
    return f"20{random.randrange(14, 27)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"


def clock(random: Random) -> str:
    """Return a time of day."""
    return f"{random.randrange(24):02}:{random.randrange(60):02}:{random.randrange(60):02}"


FILLERS: Mapping[str, Callable[[Random], str]] = {
    "n": lambda random: str(random.randrange(1, 1000)),
    "big": lambda random: str(random.randrange(10_000, 10**9)),
    "pid": lambda random: str(random.randrange(2, 99_999)),
    "port": lambda random: str(
        random.choice((80, 443, 3306, 5432, 6379, 8080, 9092, 9200, random.randrange(1024, 65_536)))
    ),
    "ip": _ip,
    "host": lambda random: random.choice((random.choice(HOSTS), f"{random.choice(HOSTS)}.{random.choice(ZONES)}")),
    "user": lambda random: random.choice(NAMES),
    "db": lambda random: random.choice(WORDS) + random.choice(("", "_prod", "db")),
    "table": lambda random: random.choice(WORDS) + random.choice(("", "s", "_items", "_2024")),
    "column": lambda random: random.choice(COLUMNS),
    "path": _path,
    "dir": lambda random: f"{random.choice(DIRS)}/{random.choice(WORDS)}",
    "file": _file,
    "dev": lambda random: random.choice(DEVICES),
    "unit": lambda random: f"{random.choice(WORDS)}{random.choice(('', '-api', '@1', 'd'))}.service",
    "svc": lambda random: random.choice(WORDS) + random.choice(("", "-api", "-svc", "d")),
    "uuid": lambda random: str(uuid.UUID(int=random.getrandbits(128))),
    "hex": _hex,
    "addr": lambda random: f"0x7f{random.getrandbits(40):010x}",
    "ms": lambda random: str(random.choice((250, 1000, 5000, 10_000, 30_000, random.randrange(2, 90_000)))),
    "sec": lambda random: str(random.choice((3, 5, 10, 30, 60, 120, random.randrange(1, 900)))),
    "pct": lambda random: str(random.randrange(80, 101)),
    "size": lambda random: f"{random.randrange(1, 900)}.{random.randrange(10)}{random.choice('KMG')}",
    "bytes": lambda random: str(random.choice((4096, 8192, 65_536, random.randrange(100, 10**9)))),
    "url": lambda random: (
        f"http{random.choice(('', 's'))}://{_domain(random)}/{random.choice(WORDS)}/{random.choice(WORDS)}"
    ),
    "domain": _domain,
    "topic": lambda random: f"{random.choice(WORDS)}.{random.choice(WORDS)}",
    "key": lambda random: random.choice(WORDS) + random.choice(("_id", ".size", ":42", "-key", "")),
    "word": lambda random: random.choice(WORDS),
    "email": lambda random: f"{random.choice(NAMES)}@{_domain(random)}",
    "jclass": lambda random: f"com.acme.{random.choice(WORDS)}.{_ident(random)}",
    "pymod": lambda random: f"{random.choice(WORDS)}.{random.choice(WORDS)}",
    "fn": lambda random: random.choice(METHODS),
    "ident": _ident,
    "ts": lambda random: f"{_date(random)}T{clock(random)}Z",
    "date": _date,
    "version": lambda random: f"{random.randrange(1, 20)}.{random.randrange(30)}.{random.randrange(10)}",
}


def happens(random: Random, share: float) -> bool:
    """Return True in that share of the draws."""
    return random.random() < share


def fill(template: str, random: Random) -> str:
    """Return the template with every slot filled; doubled braces become single ones."""
    return "".join(
        literal if slot is None else literal + FILLERS[slot](random)
        for literal, slot, _, _ in Formatter().parse(template)
    )
