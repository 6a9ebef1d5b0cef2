"""Slack: reports as rich text blocks through chat.postMessage."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from itertools import groupby

from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

from aiops_agent.chat.connection import CONNECTION_ERRORS, TIMEOUT_SECONDS, checked, seconds, unreachable
from aiops_agent.chat.parse import Block, Item, Paragraph, Preformatted, Span, Style, parse
from aiops_agent.chat.quote import visible
from aiops_agent.chat.split import split
from aiops_agent.errors import ChatError
from aiops_agent.model.message import Message

BLOCK_LIMIT = 3_000
"""Characters of one block (Slack's limit of a text object)."""

BLOCKS_LIMIT = 50
"""Blocks of one message."""

FALLBACK_LIMIT = 4_000
"""Characters of the text for notifications and screen readers; Slack takes 40,000 and advises 4,000."""

PASSING = frozenset(("fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"))
"""Errors of chat.postMessage that are over some time later."""

_TOKEN = "chat.token must be the bot token (xoxb-...) of an app that is installed in the workspace"  # noqa: S105 - a hint
_MEMBER = "invite the bot to chat.channel, and give the channel's id (C...) if its name does not work"
HINTS = {
    "account_inactive": _TOKEN,
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "token_expired": _TOKEN,
    "token_revoked": _TOKEN,
    "channel_not_found": _MEMBER,
    "not_in_channel": _MEMBER,
    "is_archived": "chat.channel is archived: name another one",
    "missing_scope": "give the app the scope chat:write and install it again",
    "restricted_action": "a setting of the workspace keeps the bot from posting in chat.channel",
}


class Slack:
    """One channel of one workspace."""

    def __init__(self, name: str, token: str, channel: str, locale: str, base_url: str | None) -> None:
        """Check the token's form; nothing is sent yet. `base_url`: None for Slack's own."""
        self.name = name
        self.locale = locale
        self._channel = channel
        token, base_url = checked("Slack", token, base_url or WebClient.BASE_URL)
        self._client = WebClient(
            token,
            base_url=base_url,
            timeout=TIMEOUT_SECONDS,
            retry_handlers=[],  # the outbox tries again
            logger=logging.Logger("slack", logging.CRITICAL),  # noqa: LOG001 - alone on purpose: what it says, we raise
        )

    def send(self, message: Message) -> None:
        """Post it, in several messages when it is too long for one.

        Raises:
            ChatError: Slack did not take it.
        """
        groups = split(parse(message.markdown), BLOCK_LIMIT, _size)
        blocks: list[dict[str, object]] = [{"type": "rich_text", "elements": _elements(group)} for group in groups]
        for start in range(0, len(blocks), BLOCKS_LIMIT):
            self._post(_escaped(message.text[:FALLBACK_LIMIT]), blocks[start : start + BLOCKS_LIMIT])

    def _post(self, text: str, blocks: Sequence[dict[str, object]]) -> None:
        try:
            self._client.chat_postMessage(
                channel=self._channel, text=text, blocks=blocks, unfurl_links=False, unfurl_media=False
            )
        except SlackApiError as error:
            raise _refusal(error, self._channel) from error
        except (
            *CONNECTION_ERRORS,
            ValueError,
            LookupError,
        ) as error:  # the last two: bytes that are no text of its charset
            raise unreachable("Slack", error) from error


def _refusal(error: SlackApiError, channel: str) -> ChatError:
    status = error.response.status_code
    answer = error.response.data
    word = visible(str(answer.get("error") if isinstance(answer, dict) else answer))[:80]
    # An answer that is not Slack's JSON comes from something in between: a proxy, a portal.
    foreign = not word.replace("_", "").isalnum()
    limited, failing = status == HTTPStatus.TOO_MANY_REQUESTS, status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if limited or failing or word in PASSING or foreign:
        return ChatError(
            f"Slack did not take the report ({status}: {word})",
            retryable=True,
            retry_after=seconds(error.response.headers.get("Retry-After")),
            hint="it is sent again later",
        )
    hint = HINTS.get(word, f"the error of chat.postMessage is explained on https://api.slack.com: {word}")
    return ChatError(f"Slack refused the report for {channel}: {word}", retryable=False, hint=hint)


def _size(block: Block) -> int:
    return len(block.text) if isinstance(block, Preformatted) else sum(len(span.text) for span in block.spans)


def _escaped(text: str) -> str:
    """Return text in which Slack sees no mention and no link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _elements(blocks: Sequence[Block]) -> list[dict[str, object]]:
    elements: list[dict[str, object]] = []
    for is_list, group in groupby(blocks, lambda block: isinstance(block, Item)):
        parts = [_element(block) for block in group]
        elements += [{"type": "rich_text_list", "style": "bullet", "elements": parts}] if is_list else parts
    return elements


def _element(block: Block) -> dict[str, object]:
    match block:
        case Preformatted(text=text):
            return {"type": "rich_text_preformatted", "elements": [_text(Span(text or " "))]}
        case Paragraph(spans=spans) | Item(spans=spans):
            return {"type": "rich_text_section", "elements": [_text(span) for span in spans]}


def _text(span: Span) -> dict[str, object]:
    match span.style:
        case Style.PLAIN:
            return {"type": "text", "text": span.text}
        case Style.STRONG:
            return {"type": "text", "text": span.text, "style": {"bold": True}}
        case Style.CODE:
            return {"type": "text", "text": span.text, "style": {"code": True}}
