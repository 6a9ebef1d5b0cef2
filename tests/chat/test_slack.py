"""Slack's adapter against a strict server on loopback."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.chat.slack import Slack
from aiops_agent.errors import ChatError
from aiops_agent.model.message import ReportKind
from tests.chat.reports import COMPOSER, LOCALES, as_shown, harmful, hostile, message, report
from tests.emulators.loopback import HANG_UP, Answer, json_answer
from tests.emulators.slack_server import SlackServer, commands, shown, unescaped


@pytest.fixture(scope="module")
def address_and_server():
    server = SlackServer()
    with server.running() as address:
        yield address, server


@pytest.fixture
def server(address_and_server):
    server = address_and_server[1]
    server.posted.clear()
    server.next.clear()
    return server


@pytest.fixture
def slack(address_and_server, server):
    return Slack("slack", server.token, "C0OPS", "en", address_and_server[0])


def refusal(chat, what=None):
    with pytest.raises(ChatError) as caught:
        chat.send(what or message())
    return caught.value


def test_a_report_arrives_with_its_styles(slack, server):
    slack.send(message("**Error** on `web-01`\n\n- one\n- two\n\n```\na\n  b\n```\n", "Error on web-01"))
    (posted,) = server.posted
    assert posted["channel"] == "C0OPS"
    assert posted["text"] == "Error on web-01"
    assert [element["type"] for element in posted["blocks"][0]["elements"]] == [
        "rich_text_section",
        "rich_text_list",
        "rich_text_preformatted",
    ]
    assert shown(posted) == [
        {"type": "text", "text": "Error", "style": {"bold": True}},
        {"type": "text", "text": " on "},
        {"type": "text", "text": "web-01", "style": {"code": True}},
        {"type": "text", "text": "one"},
        {"type": "text", "text": "two"},
        {"type": "text", "text": "a\n  b"},
    ]


def test_links_are_not_unfolded(slack, server):
    slack.send(message())
    assert (server.posted[0]["unfurl_links"], server.posted[0]["unfurl_media"]) == (False, False)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ReportKind)
def test_every_kind_of_report_is_accepted_whole(slack, server, kind, locale):
    composed = COMPOSER.compose(report(kind), locale)
    slack.send(composed)
    (posted,) = server.posted
    assert unescaped(posted["text"]) == composed.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=hostile, kind=st.sampled_from(ReportKind), locale=st.sampled_from(LOCALES))
def test_whatever_a_log_says_is_shown_and_is_no_mention_and_no_link(slack, server, text, kind, locale):
    server.posted.clear()
    slack.send(COMPOSER.compose(harmful(kind, text), locale))
    (posted,) = server.posted
    assert commands(posted["text"]) == []
    elements = shown(posted)
    assert {element["type"] for element in elements} == {"text"}
    assert as_shown(text) in [element["text"] for element in elements]


def test_a_report_too_long_for_one_message_arrives_in_several_and_nothing_is_lost(slack, server):
    lines = "\n".join(f"{number:06d} " + "x" * 90 for number in range(2_000))
    slack.send(message(f"Much:\n\n```\n{lines}\n```\n", "x" * 50_000))
    assert len(server.posted) > 1
    seen = "\n".join(
        element["text"] for posted in server.posted for element in shown(posted) if element["text"] != "Much:"
    )
    assert seen == lines


def test_too_many_requests_is_tried_again_when_slack_says(slack, server):
    server.limit_rate(30)
    error = refusal(slack)
    assert (error.retryable, error.retry_after) == (True, 30.0)


def test_a_broken_connection_is_left_to_the_outbox(slack, server):
    server.next.append(HANG_UP)
    assert refusal(slack).retryable
    assert server.posted == []


def test_an_answer_without_a_time_to_wait_leaves_it_to_the_outbox(slack, server):
    server.next.append(json_answer(429, {"ok": False, "error": "ratelimited"}))
    error = refusal(slack)
    assert (error.retryable, error.retry_after) == (True, None)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, b"upstream is away"),
        Answer(500, b""),
        json_answer(200, {"ok": False, "error": "internal_error"}),
        Answer(200, b"<html>Please sign in to the hotel's network</html>"),
        Answer(403, b"<html>denied by the proxy</html>"),
        Answer(200, b"\xff\xfe", {"Content-Type": "text/html; charset=utf-8"}),
        Answer(502, b"x", {"Content-Type": "text/html; charset=klingon"}),
        Answer(200, b'{"ok": true, "ts": "1.1"}', cut_off=True),
        Answer(200, b"[]"),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:12]!r}-{answer.cut_off}",
)
def test_what_may_pass_is_tried_again(slack, server, answer):
    server.next.append(answer)
    assert refusal(slack).retryable


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("invalid_auth", "chat.token"),
        ("token_revoked", "chat.token"),
        ("not_in_channel", "invite the bot"),
        ("is_archived", "archived"),
        ("missing_scope", "chat:write"),
        ("a_new_one", "a_new_one"),
    ],
)
def test_what_a_person_has_to_mend_is_not_tried_again_and_says_how(slack, server, word, hint):
    server.next.append(json_answer(200, {"ok": False, "error": word}))
    error = refusal(slack)
    assert not error.retryable
    assert hint in error.hint
    assert word in error.message


def test_a_wrong_token_is_refused_by_slack_and_not_shown(address_and_server):
    error = refusal(Slack("slack", "xoxb-99-wrong-secret", "C0OPS", "en", address_and_server[0]))
    assert not error.retryable
    assert "secret" not in f"{error.message}{error.hint}{error.__cause__}"


def test_an_unknown_channel_is_named(address_and_server, server):
    error = refusal(Slack("slack", server.token, "C0NOWHERE", "en", address_and_server[0]))
    assert error.message == "Slack refused the report for C0NOWHERE: channel_not_found"


def test_no_network_is_tried_again_and_nothing_is_printed(unused_port, capfd):
    error = refusal(Slack("slack", "xoxb-1-secret", "C0OPS", "en", f"http://127.0.0.1:{unused_port}/api/"))
    assert error.retryable
    assert error.message == "Slack cannot be reached: Connection refused"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("token", ["", "xoxb-secret\nX-Evil: 1", "xoxb secret", "xoxb-sécret"])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(token):
    with pytest.raises(ChatError) as caught:
        Slack("slack", token, "C0OPS", "en", None)
    assert not caught.value.retryable
    assert "xoxb" not in caught.value.message
