"""How agent, people and root executor speak: one flat JSON object a message, a closed set of verbs, and nothing else.

A request holds nothing but short words: whatever nests, repeats or overflows is refused before it means anything.
An answer comes from root, and may hold what is told to people.
"""

import json
import socket
import string
import struct
from collections.abc import Mapping

from aiops_agent.model.order import Order, Progress, Refused, Running, Unknown
from aiops_agent.model.playbook import Failed, NotNeeded, Succeeded
from aiops_agent.noun import dataclass

LONGEST = 64 * 1024
"""Bytes of a message."""

LONGEST_WORD = 255
"""Characters of a value in a request: the name of a unit."""

MOST_LISTED = 60
"""Questions in an answer, the newest: with names as long as they may be they fit a message."""
_LONGEST_TOLD = 2000
_LONGEST_PART, _MOST_PARTS = 1000, 6
"""Characters of a text in an answer: even if each takes six bytes, they fit a message together."""

REQUESTS: Mapping[str, tuple[str, ...]] = {
    "hello": (),
    "run": ("id", "playbook", "digest", "service", "incident"),
    "status": ("id",),
    "cancel": ("id",),
    "halt": (),
    "ask": ("playbook", "digest", "service", "incident"),
    "approve": ("id",),
    "deny": ("id",),
    "list": (),
}
"""Every verb, and the words it comes with: all of them, and no other."""

_LETTERS = frozenset(string.ascii_letters + string.digits + ":_.@-")
_MAY_BE_EMPTY = "incident"


_CREDENTIALS = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end of a connection, as it was when it connected."""

    pid: int
    uid: int


class MalformedError(Exception):
    """A message is none of this protocol; for people."""


def peer_of(connection: socket.socket) -> Peer:
    """Return who is at the other end, as the kernel says."""
    pid, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return Peer(pid, uid)


def request(verb: str, **words: str) -> bytes:
    """Return a request as it is sent."""
    return json.dumps({"verb": verb, **words}).encode()


def order_request(order: Order) -> bytes:
    """Return an order as it is sent."""
    return request("run", **{name: getattr(order, name) for name in REQUESTS["run"]})


def read_request(message: bytes) -> dict[str, str]:
    """Return what a message asks for: the verb under `verb`, and its words.

    Raises:
        MalformedError: It is longer, deeper, or another thing than a request can be.
    """
    if len(message) > LONGEST:
        raise MalformedError(f"longer than {LONGEST} bytes")
    if message.count(b"{") != 1 or b"[" in message:
        raise MalformedError("not one flat object")
    read = _read(message)
    verb = read.get("verb")
    if not isinstance(verb, str) or verb not in REQUESTS:
        raise MalformedError(f"no verb of this protocol; known: {', '.join(REQUESTS)}")
    wanted = REQUESTS[verb]
    if set(read) != {"verb", *wanted}:
        raise MalformedError(f"{verb} comes with {', '.join(wanted) or 'nothing'}")
    words = {name: value for name, value in read.items() if isinstance(value, str)}
    for name in wanted:
        value = words.get(name)
        if value is None or len(value) > LONGEST_WORD or not set(value) <= _LETTERS:
            raise MalformedError(f"{name} is no word of at most {LONGEST_WORD} letters, digits and :_.@-")
        if not value and name != _MAY_BE_EMPTY:
            raise MalformedError(f"{name} is empty")
    return words


def answer(**said: object) -> bytes:
    """Return an answer as it is sent."""
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace")


def refusal(name: str, why: str) -> bytes:
    """Return a no as it is sent."""
    return answer(refused=name, why=why[:_LONGEST_TOLD])


def read_answer(message: bytes) -> dict[str, object]:
    """Return what an answer says.

    Raises:
        MalformedError: It is none.
    """
    return _read(message)


def told(progress: Progress) -> dict[str, object]:
    """Return where an order stands, as it is sent and kept."""
    match progress:
        case Succeeded(detail):
            return {"state": "succeeded", "detail": detail[:_LONGEST_TOLD]}
        case NotNeeded(probe, detail):
            return {"state": "not_needed", "at": probe, "detail": detail[:_LONGEST_TOLD]}
        case Failed(at, detail, undone, left):
            parts = [part[:_LONGEST_PART] for part in left[:_MOST_PARTS]]
            parts += [f"and {len(left) - _MOST_PARTS} more"] if len(left) > _MOST_PARTS else []
            return {"state": "failed", "at": at, "detail": detail[:_LONGEST_TOLD], "undone": undone, "left": parts}
        case Refused(name, why):
            return {"state": "refused", "at": name, "detail": why[:_LONGEST_TOLD]}
        case Running():
            return {"state": "running"}
        case Unknown():
            return {"state": "unknown"}


def heard(said: Mapping[str, object]) -> Progress:
    """Return what `told` was given.

    Raises:
        MalformedError: It is something else.
    """
    at, detail, left = str(said.get("at", "")), str(said.get("detail", "")), said.get("left", [])
    match said.get("state"):
        case "succeeded":
            return Succeeded(detail)
        case "not_needed":
            return NotNeeded(at, detail)
        case "failed" if isinstance(left, list):
            return Failed(at, detail, undone=said.get("undone") is True, left_behind=tuple(map(str, left)))
        case "refused":
            return Refused(at, detail)
        case "running":
            return Running()
        case "unknown":
            return Unknown()
        case _:
            raise MalformedError("an answer that does not say where the order stands")


def _read(message: bytes) -> dict[str, object]:
    try:
        read = json.loads(message.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # what is no UTF-8 and no JSON are ValueErrors
        raise MalformedError("not JSON in UTF-8") from error
    if not isinstance(read, dict):
        raise MalformedError("not an object")
    return read


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a key stands twice")
    return read


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")
