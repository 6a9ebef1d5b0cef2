"""The emulators refuse what the platforms refuse: a lenient one would prove nothing."""

import json

import pytest

from tests.emulators.slack_server import SlackServer, blocks_are_valid, commands
from tests.emulators.telegram_server import Piece, Sent, TelegramServer, cut


def section(*texts, **style):
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": text, **style} for text in texts]}


def rich(*parts):
    return [{"type": "rich_text", "elements": list(parts)}]


def slack_says(payload, **headers):
    given = {"authorization": "Bearer xoxb-12-34-right", "content-type": "application/json;charset=utf-8", **headers}
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return json.loads(SlackServer().respond("/api/chat.postMessage", given, body).body).get("error")


@pytest.mark.parametrize(
    ("payload", "headers", "error"),
    [
        ({"channel": "C0OPS", "text": "x"}, {}, None),
        ({"channel": "C0OPS", "text": "x"}, {"authorization": "Bearer xoxb-other"}, "invalid_auth"),
        ({"channel": "C0OPS", "text": "x"}, {"content-type": "text/plain"}, "invalid_post_type"),
        (b"{", {}, "invalid_json"),
        (b"[]", {}, "json_not_object"),
        ({"channel": "C0ELSE", "text": "x"}, {}, "channel_not_found"),
        ({"channel": "C0OPS"}, {}, "no_text"),
        ({"channel": "C0OPS", "text": "x" * 40_001}, {}, "msg_too_long"),
        ({"channel": "C0OPS", "text": "x", "blocks": [{"type": "rich_text"}]}, {}, "invalid_blocks"),
    ],
)
def test_slack_names_what_is_wrong(payload, headers, error):
    assert slack_says(payload, **headers) == error


@pytest.mark.parametrize(
    "blocks",
    [
        rich(section("x" * 3_001)),
        rich(section("")),
        rich(section("x", style={"loud": True})),
        rich(section("x", style={})),
        rich({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x", "style": {"code": True}}]}),
        rich({"type": "rich_text_list", "elements": [section("x")]}),
        rich(section("x")) * 51,
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}],
        [],
    ],
)
def test_slack_refuses_blocks_that_are_none(blocks):
    assert blocks_are_valid(rich(section("x")))
    assert not blocks_are_valid(blocks)


def test_slack_shows_mentions_and_links_that_were_not_escaped():
    assert commands("a <!channel> &lt;!here&gt; <https://x|y>") == ["<!channel>", "<https://x|y>"]


def telegram_says(path="/bot12345:AAright/sendMessage", content_type="application/json", **payload):
    body = json.dumps({"chat_id": "-100200300", "text": "x", **payload}).encode()
    answer = TelegramServer().respond(path, {"content-type": content_type}, body)
    return answer.status, json.loads(answer.body).get("description")


def entity(kind, offset, length):
    return {"type": kind, "offset": offset, "length": length}


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, (200, None)),
        ({"path": "/bot12345:other/sendMessage"}, (401, "Unauthorized")),
        ({"path": "/botnonsense/sendMessage"}, (404, "Not Found")),
        ({"chat_id": "7"}, (400, "Bad Request: chat not found")),
        ({"text": " \n"}, (400, "Bad Request: message text is empty")),
        ({"text": "🔥" * 2_049}, (400, "Bad Request: message is too long")),
        ({"parse_mode": "Markdown3"}, (400, "Bad Request: unsupported parse_mode")),
        ({"entities": [entity("bold", 0, 2)]}, (400, "Bad Request: entity ends after the end of the text")),
    ],
)
def test_telegram_names_what_is_wrong(given, answer):
    assert telegram_says(**given) == answer


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("abcd", [entity("bold", 0, 3), entity("code", 2, 1)]),
        ("abcd", [entity("bold", 1, 0)]),
        ("🔥", [entity("bold", 1, 1)]),
        ("abcd", [{**entity("text_link", 0, 2), "url": "https://x"}]),
        ("abcd" * 30, [entity("bold", each, 1) for each in range(101)]),
    ],
)
def test_telegram_refuses_entities_that_are_none(text, entities):
    with pytest.raises(ValueError, match=r"entit|utf-16-le"):
        list(cut(text, entities))


def test_telegram_finds_what_it_would_make_a_link_of():
    pieces = [Piece("plain", "see https://x.y @ops /start evil.com"), Piece("code", "https://z @me")]
    assert Sent("", pieces, {}).found == ["https://x.y", "@ops", "/start", "evil.com"]
