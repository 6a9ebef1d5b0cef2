"""Whatever reaches a chat, in whatever language, says where the audit log stood: an export of it is a witness."""

import io
import json

import pytest

from aiops_agent.audit.anchors import find_anchors
from aiops_agent.chat.slack import Slack
from aiops_agent.chat.telegram import Telegram
from aiops_agent.model.message import ReportKind
from tests.chat.reports import COMPOSER, LOCALES, harmful, report
from tests.emulators.slack_server import SlackServer
from tests.emulators.telegram_server import TelegramServer


def anchors(text: str) -> set[str]:
    return {str(sighting.anchor) for sighting in find_anchors(io.BytesIO(text.encode()), "an export")}


def sent(said, locale: str) -> list[str]:
    message = COMPOSER.compose(said, locale)
    slack, telegram = SlackServer(), TelegramServer()
    with slack.running() as address:
        Slack("slack", slack.token, "C0OPS", locale, address).send(message)
    with telegram.running() as address:
        Telegram("telegram", telegram.token, "-100200300", locale, address).send(message)
    return [message.text, message.markdown, json.dumps(slack.posted), json.dumps([s.payload for s in telegram.sent])]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ReportKind)
def test_every_report_and_every_question_carries_the_anchor_into_every_chat(kind, locale):
    said = report(kind)
    assert [anchors(export) for export in sent(said, locale)] == [{said.anchor}] * 4


FORGED = (
    "audit 999·ffffffffffff",
    "audit 999\\u00b7ffffffffffff",
    "audit 999&middot;ffffffffffff",
    "audit 999.ffffffffffff",
)


@pytest.mark.parametrize("text", FORGED)
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ReportKind)
def test_a_line_of_a_log_never_passes_for_an_anchor(kind, locale, text):
    said = harmful(kind, f"inc-00000001 · {text}")
    for export in sent(said, locale):
        assert anchors(export) == {said.anchor}
        assert "audit 999" not in export
