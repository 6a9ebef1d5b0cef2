"""Families -> records as a log would hold them: slots filled, heads in front, traces, truncation, lines around."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from aiops_agent.assembly.redact import redact
from aiops_agent.training.family import Family
from aiops_agent.training.slots import clock, fill, happens
from aiops_agent.training.traces import render_trace

LEVELS = ("ERROR", "error", "WARN", "FATAL", "CRITICAL", "Error", "E", "INFO", "warning")

HEADS = (
    "{syslog} {host} {svc}[{pid}]: ",
    "{syslog} {host} kernel: [{n}.{big}] ",
    "{syslog} {svc} {svc}: ",
    "{ts} {host} {svc}[{pid}]: ",
    "{date} {clock},{n} {level} [{word}-{n}] {jclass}: ",
    "{date} {clock}.{n} {level} {pid} --- [exec-{n}] {jclass} : ",
    "[{date} {clock},{n}] {level} ",
    "[{ts}] {level}: ",
    "{date} {clock} [{level}] {pid}#{n}: *{big} ",
    "{date} {clock} [{level}] ",
    "{date} {clock},{n} - {pymod} - {level} - ",
    "{level}:{pymod}:",
    "[{date} {clock}] production.{level}: ",
    "{level}, [{ts} #{pid}] {level} -- : ",
    "{svc}_1  | ",
    "{ts} stderr F ",
    "{date} {clock}.{n} UTC [{pid}] ",
    'time="{ts}" level={level} ',
    "E{n} {clock}.{big}       1 {word}.go:{n}] ",
    "{level}/{ident}( {pid}): ",
    "{date} {clock}.{n}  {pid}  {pid} {level} {ident}: ",
    "[{pid}] {clock} - ",
    "{level} ",
    "{level}: ",
    "[{clock}] [{ident} thread/{level}]: ",
    "pid {pid}: ",
    "[{n}.{big}] ",
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

AROUND = (
    "INFO starting {word} worker {n}",
    "request {uuid} took {ms} ms",
    "retrying in {sec} seconds",
    "{svc}: reloading",
    "processed {n} {word} items",
    "DEBUG connection from {ip}:{port}",
    "shutting down",
    "GET /{word}/{n} 200 {ms}ms",
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One training record."""

    text: str
    category: str
    family: str
    system: str


def render_all(families: Iterable[Family], *, copies: int, seed: int) -> list[Rendered]:
    """Return every body and exception of every family, `copies` times, each time dressed differently; redacted.

    The same families and seed give the same records.
    """
    return [
        Rendered(redact(text), family.category, family.id, family.system)
        for family in families
        for copy in range(copies)
        for text in _render(family, Random(f"{seed}/{copy}/{family.id}"))
    ]


def _render(family: Family, random: Random) -> Iterator[str]:
    for body in family.bodies:
        yield _dress(fill(body, random), random)
    for exception in family.exceptions:
        trace = render_trace(fill(exception, random), family.runtime, random)
        if family.says and happens(random, 0.6):
            says = fill(random.choice(family.says), random)
            trace = says + random.choice(("\n", "\n", ": ", " - ")) + trace
        yield _dress(trace, random)


def _dress(text: str, random: Random) -> str:
    if happens(random, 0.06):
        return _as_json_line(text, random)
    if happens(random, 0.47):
        head = _head(random)
        text = head + (text.replace("\n", "\n" + head) if happens(random, 0.25) else text)
    if happens(random, 0.08):
        text = f"{_head(random)}{fill(random.choice(AROUND), random)}\n{text}"
    if happens(random, 0.08):
        text = f"{text}\n{_head(random)}{fill(random.choice(AROUND), random)}"
    return text


def _as_json_line(text: str, random: Random) -> str:
    message, _, stack = text.partition("\n")
    fields = {random.choice(("time", "ts", "@timestamp")): fill("{ts}", random), "level": "error"}
    fields[random.choice(("msg", "message", "event"))] = message
    if stack:
        fields[random.choice(("stack", "exception", "stack_trace", "error"))] = text
    return json.dumps(fields, ensure_ascii=happens(random, 0.3))


def _head(random: Random) -> str:
    template = random.choice(HEADS)
    template = template.replace("{level}", random.choice(LEVELS)).replace("{clock}", clock(random))
    return fill(
        template.replace("{syslog}", f"{random.choice(MONTHS)} {random.randrange(1, 29):2} {clock(random)}"), random
    )
