"""Report -> Message: what happened, in the words of a language."""

from datetime import datetime, timedelta
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from aiops_agent.chat import quote
from aiops_agent.chat.parse import parse, plain
from aiops_agent.model.incident import rfc3339
from aiops_agent.model.message import Message, Report
from aiops_agent.model.playbook import Failed, NotNeeded, RunResult, Succeeded

RECORD_LINES = 12
"""Lines of the record in a report, one of them an ellipsis if it is longer; the rest is one command away."""


class TemplateComposer:
    """Fills `templates/LOCALE/KIND.j2`.

    A template is Markdown. What it prints of a report becomes a code span unless a filter says otherwise, so text from
    a log is shown, never obeyed: forgetting a filter is ugly, not dangerous. `safe` is for the words of the templates.
    """

    def __init__(self) -> None:
        self._environment = SandboxedEnvironment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            undefined=StrictUndefined,
            autoescape=True,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            code=_code, prose=_prose, record=_record, anchor=_anchor, day=_day, time_of_day=_time_of_day, span=_span
        )

    def compose(self, report: Report, locale: str) -> Message:
        """Return the report in that language, `en` or `zh`; its plain text is its Markdown without the marks."""
        incident = report.incident
        markdown = self._environment.get_template(f"{locale}/{report.kind}.j2").render(
            report=report,
            incident=incident,
            ending=_ending(report.result),
            record_lines=RECORD_LINES,
        )
        text = plain(parse(markdown))
        fields = {
            "incident": incident.id,
            "kind": report.kind.value,
            "severity": incident.severity.label,
            "service": incident.service or "",
            "at": rfc3339(report.at),
        }
        return Message(title=text.partition("\n")[0], text=f"{text}\n", markdown=f"{markdown.strip()}\n", fields=fields)

    def why(self, reason: str, locale: str) -> str:
        """Return what a reason of the policy says, and where it is set, in one sentence of Markdown."""
        words = vars(self._environment.get_template(f"{locale}/words.j2").make_module())
        return str(words["reasons"][reason])


def _ending(result: RunResult | None) -> str:
    match result:
        case Succeeded():
            return "succeeded"
        case NotNeeded():
            return "not_needed"
        case Failed(undone=undone):
            return "undone" if undone else "failed"
        case None:
            return ""


def _shown(value: object) -> object:
    return value if isinstance(value, Markup | int) else _code(str(value))


def _code(text: str, limit: int = quote.LONGEST_VALUE) -> Markup:
    return Markup(quote.code(text, limit))  # noqa: S704 - Markdown, and quoted


def _prose(text: str) -> Markup:
    return Markup(quote.prose(text))  # noqa: S704 - Markdown, and quoted


def _record(text: str) -> Markup:
    return Markup(quote.block(text, RECORD_LINES))  # noqa: S704 - Markdown, and quoted


def _anchor(text: str) -> Markup:
    return Markup(f"`{text}`")  # noqa: S704 - our own words: the one anchor that is to be found in a report


def _day(time: datetime) -> Markup:
    return Markup(time.strftime("%Y-%m-%d %H:%M UTC"))  # noqa: S704 - digits


def _time_of_day(time: datetime) -> Markup:
    return Markup(time.strftime("%H:%M UTC"))  # noqa: S704 - digits


def _span(lasting: timedelta) -> tuple[int, str]:
    """Return a number and its unit, the largest that does not hide more than half of it."""
    minutes = max(0, round(lasting.total_seconds() / 60))
    for unit, length in (("days", 24 * 60), ("hours", 60)):
        if minutes >= 2 * length:
            return minutes // length, unit
    return minutes, "minutes"
