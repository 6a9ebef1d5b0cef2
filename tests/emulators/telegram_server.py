"""Telegram's sendMessage as its documentation has it, at its strictest: bad entities are refused, not mended.

It also finds what Telegram itself would make of plain text: links, mentions, commands, hashtags.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from tests.emulators.loopback import Answer, json_answer, serving

TEXT_LIMIT = 4_096
ENTITIES_LIMIT = 100
PLAIN_STYLES = {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre"}
FOUND_BY_ITSELF = re.compile(
    r"https?://\S+|www\.\S+|\b[\w-]+\.(?:com|org|net|io|cn|ru)\b|[@#$/][A-Za-z]\w+|\S+@\S+\.\w+"
)


class Piece(NamedTuple):
    """A stretch of a message and how it is set: `plain`, `bold`, `code`, `pre`."""

    style: str
    text: str


class Sent(NamedTuple):
    text: str
    pieces: list[Piece]
    payload: dict[str, object]

    @property
    def found(self) -> list[str]:
        """What Telegram would turn into a link, a mention or a command by itself: nothing is, in code."""
        open_text = [piece.text for piece in self.pieces if piece.style not in ("code", "pre")]
        return [match for text in open_text for match in FOUND_BY_ITSELF.findall(text)]


class TelegramServer:
    """One bot, which is a member of `chats`."""

    def __init__(self, token: str = "12345:AAright", chats: tuple[str, ...] = ("-100200300",)) -> None:
        self.token = token
        self.chats = chats
        self.sent: list[Sent] = []
        self.next: list[Answer] = []
        """Answers to give instead, first come first served."""

    @contextmanager
    def running(self) -> Iterator[str]:
        """Yield the base URL."""
        with serving(self.respond) as address:
            yield address

    def limit_rate(self, retry_after: int) -> None:
        self.next.append(refusal(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after))

    def respond(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: PLR0911 - one a refusal
        if self.next:
            return self.next.pop(0)
        token, _, method = path.removeprefix("/bot").partition("/")
        if ":" not in token:
            return refusal(404, "Not Found")
        if token != self.token:
            return refusal(401, "Unauthorized")
        if method != "sendMessage":
            return refusal(404, "Not Found")
        if headers.get("content-type") != "application/json":
            return refusal(400, "Bad Request: message text is empty")
        payload = json.loads(body)
        if str(payload.get("chat_id")) not in self.chats:
            return refusal(400, "Bad Request: chat not found")
        return self._take(payload)

    def _take(self, payload: dict[str, object]) -> Answer:
        text = str(payload.get("text", ""))
        if not text.strip():
            return refusal(400, "Bad Request: message text is empty")
        if units(text) > TEXT_LIMIT:
            return refusal(400, "Bad Request: message is too long")
        if "parse_mode" in payload:
            return refusal(400, "Bad Request: unsupported parse_mode")
        try:
            pieces = list(cut(text, payload.get("entities", [])))
        except ValueError as error:
            return refusal(400, f"Bad Request: {error}")
        self.sent.append(Sent(text, pieces, payload))
        return json_answer(200, {"ok": True, "result": {"message_id": len(self.sent), "text": text}})


def refusal(status: int, description: str, **parameters: object) -> Answer:
    body: dict[str, object] = {"ok": False, "error_code": status, "description": description}
    return json_answer(status, {**body, "parameters": parameters} if parameters else body)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, entities: object) -> Iterator[Piece]:
    """Yield the stretches of a message.

    Raises:
        ValueError: The entities overlap, leave the text, split a character or are of an unknown form.
    """
    if not isinstance(entities, list) or len(entities) > ENTITIES_LIMIT:
        raise ValueError("can't parse entities: not a list of at most 100")
    encoded = text.encode("utf-16-le")
    done = 0
    for entity in entities:
        if set(entity) != {"type", "offset", "length"} or entity["type"] not in PLAIN_STYLES:
            raise ValueError(f"can't parse entities: {entity}")
        start, end = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
        if start >= end:
            raise ValueError("can't parse entities: entity is empty")
        if start < done:
            raise ValueError(f"can't parse entities: entity at UTF-16 offset {entity['offset']} overlaps another")
        if end > len(encoded):
            raise ValueError("entity ends after the end of the text")
        if start > done:
            yield Piece("plain", encoded[done:start].decode("utf-16-le"))
        yield Piece(str(entity["type"]), encoded[start:end].decode("utf-16-le"))
        done = end
    if done < len(encoded):
        yield Piece("plain", encoded[done:].decode("utf-16-le"))
