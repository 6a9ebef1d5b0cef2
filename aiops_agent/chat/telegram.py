"""Telegram: reports as text with explicit entities, through sendMessage of the Bot API."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from aiops_agent.chat.connection import CONNECTION_ERRORS, TIMEOUT_SECONDS, checked, seconds, unreachable
from aiops_agent.chat.parse import Block, Item, Paragraph, Preformatted, Span, Style, parse
from aiops_agent.chat.quote import visible
from aiops_agent.chat.split import split
from aiops_agent.errors import ChatError
from aiops_agent.model.message import Message
from aiops_agent.noun import dataclass, field

BASE_URL = "https://api.telegram.org"
TEXT_LIMIT = 4_096
"""UTF-16 code units of one message."""

_NUMBER_ROOM = 16
"""Of them kept for `1/2`."""

ANSWER_LIMIT = 65_536
"""Bytes of an answer that are read; Telegram's are a few hundred."""

_TOKEN = "chat.token must be the token that @BotFather gave, such as 123456789:AA..."  # noqa: S105 - a hint
HINTS = {
    401: _TOKEN,
    404: _TOKEN,
    403: "the bot was blocked or removed: add it to the chat again, or start a conversation with it",
    400: "check chat.chat_id: the bot must be a member of that chat; ids of groups begin with -",
}

ENTITIES = {Style.STRONG: "bold", Style.CODE: "code"}


@dataclass(slots=True)
class _Text:
    """Text that grows, and what is set differently in it."""

    text: str = ""
    entities: list[dict[str, object]] = field(default_factory=list)

    def add(self, text: str, kind: str | None = None) -> None:
        if kind and text:
            self.entities.append({"type": kind, "offset": _units(self.text), "length": _units(text)})
        self.text += text


class Telegram:
    """One chat of one bot."""

    def __init__(self, name: str, token: str, chat_id: str, locale: str, base_url: str | None) -> None:
        """Check the token's form; nothing is sent yet. `base_url`: None for Telegram's own."""
        self.name = name
        self.locale = locale
        self._chat_id = chat_id
        token, base_url = checked("Telegram", token, base_url or BASE_URL)
        self._url = f"{base_url}/bot{token}/sendMessage"

    def send(self, message: Message) -> None:
        """Send it, in several numbered messages when it is too long for one.

        Raises:
            ChatError: Telegram did not take it.
        """
        groups = split(parse(message.markdown), TEXT_LIMIT - _NUMBER_ROOM, _size)
        for number, group in enumerate(groups, start=1):
            numbered = _Text(f"{number}/{len(groups)}\n" if len(groups) > 1 else "")
            _write(numbered, group)
            self._post(numbered)

    def _post(self, text: _Text) -> None:
        body = {
            "chat_id": self._chat_id,
            "text": text.text,
            "entities": text.entities,
            "link_preview_options": {"is_disabled": True},
        }
        try:
            status, content = _exchange(self._url, json.dumps(body).encode())
        except CONNECTION_ERRORS as error:
            raise unreachable("Telegram", error) from error
        refusal = _refusal(status, content, self._chat_id)
        if refusal:
            raise refusal


def _exchange(url: str, data: bytes) -> tuple[int, bytes]:
    request = Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - `checked` says http or https
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the same
            return answer.status, answer.read(ANSWER_LIMIT)
    except HTTPError as error:
        with error:
            return error.code, error.read(ANSWER_LIMIT)


def _refusal(status: int, content: bytes, chat_id: str) -> ChatError | None:
    """Return why Telegram did not take a message, or None when it did."""
    answer = _decoded(content)
    if answer.get("ok") is True:
        return None
    why = visible(str(answer.get("description", "the answer is not Telegram's")))[:200]
    parameters = answer.get("parameters")
    # An answer without `ok` comes from something in between: a proxy, a portal.
    limited, failing = status == HTTPStatus.TOO_MANY_REQUESTS, status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if limited or failing or "ok" not in answer:
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        return ChatError(
            f"Telegram did not take the report ({status}: {why})",
            retryable=True,
            retry_after=seconds(wait),
            hint="it is sent again later",
        )
    hint = HINTS.get(status, "the answer is explained on https://core.telegram.org/bots/api")
    if isinstance(parameters, dict) and "migrate_to_chat_id" in parameters:
        hint = f"the group became a supergroup: set chat.chat_id to {visible(str(parameters['migrate_to_chat_id']))}"
    return ChatError(f"Telegram refused the report for chat {chat_id} ({status}: {why})", retryable=False, hint=hint)


def _decoded(content: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _write(text: _Text, blocks: Sequence[Block]) -> None:
    before: Block | None = None
    for block in blocks:
        if before:
            text.add("\n" if isinstance(before, Item) and isinstance(block, Item) else "\n\n")
        match block:
            case Preformatted(text=lines):
                text.add(lines, "pre")
            case Paragraph(spans=spans):
                _write_spans(text, spans)
            case Item(spans=spans):
                text.add("• ")
                _write_spans(text, spans)
        before = block


def _write_spans(text: _Text, spans: Sequence[Span]) -> None:
    for span in spans:
        text.add(span.text, ENTITIES.get(span.style))


def _size(block: Block) -> int:
    """Return the UTF-16 code units of a block with what is put before it."""
    shown = block.text if isinstance(block, Preformatted) else "".join(span.text for span in block.spans)
    return _units(shown) + len("\n\n• ")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
