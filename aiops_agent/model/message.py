"""What is told to people, before it has a platform or a language."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from aiops_agent.model.diagnosis import Citation
from aiops_agent.model.incident import Incident
from aiops_agent.model.playbook import RunResult
from aiops_agent.model.signature import Signature
from aiops_agent.noun import dataclass


class ReportKind(StrEnum):
    """What the report is about."""

    FOUND = "found"
    """A new or returning incident; nothing will be done by the agent."""

    QUESTION = "question"
    """A person's approval is needed."""

    DONE = "done"
    """A playbook was run: with what result."""

    NOTICE = "notice"
    """Something about the agent or its input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a template may say about one incident at one moment."""

    kind: ReportKind
    incident: Incident
    at: datetime
    host: str
    citation: Citation | None
    playbook: str | None = None
    approval: str | None = None
    """Id to type after `aiops-agent approvals approve`."""

    expires: datetime | None = None
    signature: Signature | None = None
    """Of the playbook that is asked about; None: signatures are not used on this host."""

    result: RunResult | None = None
    at_work: str | None = None
    """Who is at work, or why that cannot be seen, where nothing is done because of it."""

    anchor: str = ""
    """Size and head of the audit log when this was written: `audit 231·9f3a1c2b`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A report in words, ready for one destination."""

    title: str
    """One plain line."""

    text: str
    """Plain text, for `report_dir`, terminals and platforms without markup."""

    markdown: str
    """CommonMark."""

    fields: Mapping[str, str]
    """`incident`, `kind`, `severity`, `service`, `at`: for adapters that show or file by them."""
