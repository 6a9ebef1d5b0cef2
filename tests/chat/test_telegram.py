"""Telegram's adapter against a strict server on loopback."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.chat.telegram import Telegram
from aiops_agent.errors import ChatError
from aiops_agent.model.message import ReportKind
from tests.chat.reports import COMPOSER, LOCALES, as_shown, harmful, hostile, message, report
from tests.emulators.loopback import HANG_UP, Answer
from tests.emulators.telegram_server import Piece, TelegramServer, refusal, units

CHAT = "-100200300"


@pytest.fixture(scope="module")
def address_and_server():
    server = TelegramServer()
    with server.running() as address:
        yield address, server


@pytest.fixture
def server(address_and_server):
    server = address_and_server[1]
    server.sent.clear()
    server.next.clear()
    return server


@pytest.fixture
def telegram(address_and_server, server):
    return Telegram("telegram", server.token, CHAT, "en", address_and_server[0])


def refused(chat, what=None):
    with pytest.raises(ChatError) as caught:
        chat.send(what or message())
    return caught.value


def test_a_report_arrives_with_its_styles(telegram, server):
    telegram.send(message("**Error** on `web-01`\n\n- one\n- `two`\n\n```\na\n  b\n```\n"))
    assert server.sent[0].pieces == [
        Piece("bold", "Error"),
        Piece("plain", " on "),
        Piece("code", "web-01"),
        Piece("plain", "\n\n• one\n• "),
        Piece("code", "two"),
        Piece("plain", "\n\n"),
        Piece("pre", "a\n  b"),
    ]


def test_entities_are_counted_as_telegram_counts(telegram, server):
    telegram.send(message("🔥🔥 `𝕏` 写入 **失败**"))
    assert [piece.text for piece in server.sent[0].pieces] == ["🔥🔥 ", "𝕏", " 写入 ", "失败"]


def test_links_have_no_preview(telegram, server):
    telegram.send(message())
    assert server.sent[0].payload["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ReportKind)
def test_every_kind_of_report_is_accepted_in_one_message(telegram, server, kind, locale):
    telegram.send(COMPOSER.compose(report(kind), locale))
    (sent,) = server.sent
    assert sent.found == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=hostile, kind=st.sampled_from(ReportKind), locale=st.sampled_from(LOCALES))
def test_whatever_a_log_says_is_shown_and_is_no_mention_and_no_link(telegram, server, text, kind, locale):
    server.sent.clear()
    telegram.send(COMPOSER.compose(harmful(kind, text), locale))
    pieces = [piece for sent in server.sent for piece in sent.pieces]
    assert [found for sent in server.sent for found in sent.found] == []
    assert as_shown(text) in [piece.text for piece in pieces]


def test_a_report_too_long_for_one_message_arrives_numbered_and_nothing_is_lost(telegram, server):
    lines = "\n".join(f"{number:06d} 写入失败 🔥 " + "x" * 60 for number in range(300))
    telegram.send(message(f"Much:\n\n```\n{lines}\n```\n"))
    count = len(server.sent)
    assert count > 5
    assert [sent.text.split("\n", 1)[0] for sent in server.sent] == [
        f"{number}/{count}" for number in range(1, count + 1)
    ]
    assert "\n".join(piece.text for sent in server.sent for piece in sent.pieces if piece.style == "pre") == lines
    assert max(units(sent.text) for sent in server.sent) > 2_000


@pytest.mark.parametrize(
    "markdown", ["- x\n" * 3_000, ("```\n" + "x" * 4_092 + "\n```\n\n") * 12], ids=["many points", "full blocks"]
)
def test_no_message_is_too_long_with_what_is_put_around_it(telegram, server, markdown):
    telegram.send(message(markdown))
    assert sum(sent.text.count("x") for sent in server.sent) == markdown.count("x")


def test_too_many_requests_is_tried_again_when_telegram_says(telegram, server):
    server.limit_rate(17)
    error = refused(telegram)
    assert (error.retryable, error.retry_after) == (True, 17.0)


@pytest.mark.parametrize(
    "answer",
    [
        refusal(500, "Internal Server Error"),
        Answer(502, b"<html>Bad Gateway</html>"),
        Answer(200, b"<html>Please sign in to the hotel's network</html>"),
        Answer(407, b"the proxy wants a password"),
        Answer(200, b"\xff\xfe"),
        Answer(200, b"[]"),
        HANG_UP,
        Answer(200, b'{"ok": true, "result": {}}', cut_off=True),
        Answer(404, b'{"ok": false, "description": "Not Found"}', cut_off=True),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:12]!r}-{answer.cut_off}",
)
def test_what_may_pass_is_tried_again(telegram, server, answer):
    server.next.append(answer)
    assert refused(telegram).retryable


@pytest.mark.parametrize(
    ("status", "description", "hint"),
    [
        (400, "Bad Request: chat not found", "chat.chat_id"),
        (401, "Unauthorized", "@BotFather"),
        (404, "Not Found", "@BotFather"),
        (403, "Forbidden: bot was kicked from the group chat", "add it to the chat again"),
    ],
)
def test_what_a_person_has_to_mend_is_not_tried_again_and_says_how(telegram, server, status, description, hint):
    server.next.append(refusal(status, description))
    error = refused(telegram)
    assert not error.retryable
    assert description in error.message
    assert hint in error.hint


def test_a_group_that_moved_says_where(telegram, server):
    server.next.append(
        refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1007)
    )
    assert "set chat.chat_id to -1007" in refused(telegram).hint


def test_an_unknown_chat_is_named(address_and_server, server):
    error = refused(Telegram("telegram", server.token, "-1", "en", address_and_server[0]))
    assert error.message == "Telegram refused the report for chat -1 (400: Bad Request: chat not found)"


@pytest.mark.parametrize("token", ["12345:AAsecret", "secret/../../x", "secret?a=b#c"])
def test_a_wrong_token_is_refused_by_telegram_and_not_shown(address_and_server, token):
    error = refused(Telegram("telegram", token, CHAT, "en", address_and_server[0]))
    assert not error.retryable
    assert "secret" not in f"{error.message}{error.hint}{error.__cause__}"


def test_no_network_is_tried_again_without_showing_the_token(unused_port):
    error = refused(Telegram("telegram", "12345:AAsecret", CHAT, "en", f"http://127.0.0.1:{unused_port}"))
    assert error.retryable
    assert error.message == "Telegram cannot be reached: Connection refused"
    assert "secret" not in f"{error.__cause__!r}"


@pytest.mark.parametrize("address", ["api.telegram.org", "file:///etc/passwd", "ftp://host"])
def test_an_address_that_is_not_the_web_is_refused(address):
    with pytest.raises(ChatError, match="is not a web address") as caught:
        Telegram("telegram", "12345:AAsecret", CHAT, "en", address)
    assert not caught.value.retryable
