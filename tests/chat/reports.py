"""Builders of reports and messages, and text that means harm."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from aiops_agent.chat.compose import TemplateComposer
from aiops_agent.chat.quote import LONGEST_VALUE, visible
from aiops_agent.model.diagnosis import Citation
from aiops_agent.model.message import Message, Report, ReportKind
from aiops_agent.model.playbook import Failed, NotNeeded, Succeeded
from tests.build import NOW, incident

COMPOSER = TemplateComposer()
LOCALES = ("en", "zh")
RESULTS = {
    "done": Succeeded("http://127.0.0.1:8088/health answered 200 in 41 ms"),
    "done-failed": Failed(
        "http", "no answer within 30 s", undone=False, left_behind=("/srv/shop/shop.pid", "the queue")
    ),
    "done-undone": Failed("move_aside", "/srv/shop/lock: permission denied", undone=True, left_behind=()),
    "done-not-needed": NotNeeded("file_exists", "/srv/shop/lock is not there"),
}
HARM = (
    "<!channel> <!here> <@U024BE7LH> @everyone @here #general",
    "[sign in](https://evil.example) <https://evil.example|sign in> https://evil.example www.evil.com",
    "`` ` ``` ```` **bold** *b* _i_ ~~s~~ ||spoiler||",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil\x07link\x1b]52;c;AAAA\x07",
    "\u202edesrever\u202c zero\u200bwidth \ufeff \u2066iso\u2069 \u3164 \x00 \x7f",
    "{{ 7*7 }} {% raw %} {{ ''.__class__.__mro__ }} ${jndi:ldap://x} %s %n",
    "&lt;b&gt; &amp; <script>alert(1)</script> <img src=x onerror=1>",
    "/start@bot user@mail.com mailto:x tg://resolve?domain=x",
    "\udc80broken\udcff \U0001f4a5\U000e0041",
    "\\`\\*\\[ ends with a backslash\\",
    "- item\n# heading\n```\n> quote\n    code\n1. one\n---\n<div>",
    " leading and trailing ",
    "`",
    "",
)

hostile = st.lists(
    st.one_of(st.sampled_from(HARM), st.text(), st.sampled_from("`*_[]()<>!@#|~\\ \n&")), max_size=6
).map("".join)
"""Any text, and more often than by chance what would mean something to a platform."""


def report(kind: ReportKind = ReportKind.FOUND, /, **changes: object) -> Report:
    """Return an ordinary report of that kind."""
    approval = {"approval": "7f3a9c21e0", "expires": NOW + timedelta(hours=1)} if kind is ReportKind.QUESTION else {}
    result = {"result": RESULTS["done"]} if kind is ReportKind.DONE else {}
    plain = Report(
        kind=kind,
        incident=incident(
            reason="no_playbook",
            occurrences=37,
            first_seen=NOW - timedelta(minutes=19),
            last_seen=NOW,
            article="service-crash-loop",
        ),
        at=NOW,
        host="web-01",
        citation=Citation("service-crash-loop", "A service keeps failing or restarting", 0.8, "restart"),
        playbook="clear-stale-lock",
        anchor="audit 231·9f3a1c2b77e0",
        **approval,
        **result,
    )
    return replace(plain, **changes)


def harmful(kind: ReportKind, text: str) -> Report:
    """Return a report in which everything that may come from a log is `text`."""
    found = incident(title=text, text=text, source=f"/srv/{text}", service=f"{text}.service", reason="unsure")
    result = Failed(text, text, undone=False, left_behind=(text, text)) if kind is ReportKind.DONE else None
    return report(kind, incident=found, host=text, **({"result": result} if result else {}))


def as_shown(text: str) -> str:
    """Return what a person reads where a report shows `text` as a value."""
    shown = visible(text)
    return (shown if len(shown) <= LONGEST_VALUE else f"{shown[: LONGEST_VALUE - 1]}…") or '""'


def message(
    markdown: str = "Something **bad** in `shop.service`", text: str = "Something bad in shop.service"
) -> Message:
    fields = {
        "incident": "inc-00000001",
        "kind": "found",
        "severity": "error",
        "service": "",
        "at": "2026-11-23T03:00:00Z",
    }
    return Message(title="Something bad", text=text, markdown=markdown, fields=fields)
