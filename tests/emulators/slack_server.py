"""Slack's chat.postMessage as its documentation has it, at its strictest: what it refuses is refused by name."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.emulators.loopback import Answer, json_answer, serving

TEXT_LIMIT = 40_000
BLOCK_TEXT_LIMIT = 3_000
BLOCKS_LIMIT = 50
STYLES = {"bold", "italic", "strike", "code"}
Payload = dict[str, object]


class SlackServer:
    """One workspace with one bot, which is a member of `channels`."""

    def __init__(self, token: str = "xoxb-12-34-right", channels: tuple[str, ...] = ("C0OPS",)) -> None:
        self.token = token
        self.channels = channels
        self.posted: list[Payload] = []
        self.next: list[Answer] = []
        """Answers to give instead, first come first served."""

    @contextmanager
    def running(self) -> Iterator[str]:
        """Yield the base URL."""
        with serving(self.respond) as address:
            yield f"{address}/api/"

    def limit_rate(self, retry_after: int) -> None:
        self.next.append(json_answer(429, {"ok": False, "error": "ratelimited"}, Retry_After=str(retry_after)))

    def respond(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.next:
            return self.next.pop(0)
        if path != "/api/chat.postMessage":
            return json_answer(200, {"ok": False, "error": "unknown_method"})
        error = self._refusal(headers, body)
        if error:
            return json_answer(200, {"ok": False, "error": error})
        payload = json.loads(body)
        self.posted.append(payload)
        message = {"text": payload.get("text", "")}
        return json_answer(200, {"ok": True, "channel": payload["channel"], "ts": "1.1", "message": message})

    def _refusal(self, headers: Mapping[str, str], body: bytes) -> str | None:  # noqa: PLR0911 - one for each refusal
        if "authorization" not in headers:
            return "not_authed"
        if headers["authorization"] != f"Bearer {self.token}":
            return "invalid_auth"
        if not headers.get("content-type", "").startswith("application/json"):
            return "invalid_post_type"
        try:
            payload = json.loads(body)
        except ValueError:
            return "invalid_json"
        if not isinstance(payload, dict):
            return "json_not_object"
        if payload.get("channel") not in self.channels:
            return "channel_not_found"
        text, blocks = payload.get("text"), payload.get("blocks")
        if not text and not blocks:
            return "no_text"
        if len(text or "") > TEXT_LIMIT:
            return "msg_too_long"
        return None if blocks is None or blocks_are_valid(blocks) else "invalid_blocks"


def blocks_are_valid(blocks: object) -> bool:
    return isinstance(blocks, list) and 0 < len(blocks) <= BLOCKS_LIMIT and all(map(_is_block, blocks))


def _is_block(block: object) -> bool:
    match block:
        case {"type": "section", "text": {"type": "mrkdwn" | "plain_text", "text": str(text)}}:
            return 0 < len(text) <= BLOCK_TEXT_LIMIT
        case {"type": "rich_text", "elements": list(parts), **others}:
            size = sum(len(str(element["text"])) for element in texts(parts)) if all(map(_is_part, parts)) else 0
            return 0 < size <= BLOCK_TEXT_LIMIT and set(others) <= {"block_id"}
    return False


def _is_part(part: object) -> bool:
    match part:
        case {"type": "rich_text_section", "elements": [_, *_] as elements, **others}:
            return not others and all(map(_is_text, elements))
        case {"type": "rich_text_preformatted", "elements": [_, *_] as elements, **others}:
            return set(others) <= {"border"} and all(_is_text(e) and "style" not in e for e in elements)
        case {"type": "rich_text_list", "style": "bullet" | "ordered", "elements": [_, *_] as items, **others}:
            sections = all(isinstance(item, dict) and item.get("type") == "rich_text_section" for item in items)
            return set(others) <= {"indent", "offset", "border"} and sections and all(map(_is_part, items))
    return False


def _is_text(element: object) -> bool:
    match element:
        case {"type": "text", "text": str(text), **others} if text:
            style = others.pop("style", {"code": True})
            known = isinstance(style, dict) and set(style) <= STYLES and all(v is True for v in style.values())
            return known and bool(style) and not others
    return False


def texts(parts: list[Payload]) -> Iterator[Payload]:
    """Yield the text elements of a rich text, in order."""
    for part in parts:
        for element in part["elements"]:
            if element["type"] == "rich_text_section":
                yield from texts([element])
            else:
                yield element


def shown(payload: Payload) -> list[Payload]:
    """Return every text element of a message, in order."""
    return [element for block in payload["blocks"] for element in texts(block["elements"])]


def commands(text: str) -> list[str]:
    """Return what Slack would make a mention, a link or a date of in the text of a message."""
    return re.findall(r"<[^>]+>", text)


def unescaped(text: str) -> str:
    """Return the text of a message as it is read."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
