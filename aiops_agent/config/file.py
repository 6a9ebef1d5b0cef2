"""All that may stand in config.yaml, and what the rest of the program reads of it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from aiops_agent.config.outward import Server, Slack, Sqlite, Telegram
from aiops_agent.config.policy import LimitsSection, PolicySection, RuleSection, WindowSection
from aiops_agent.config.record import Anchors, AuditSection, Key
from aiops_agent.config.sources import SOURCES, Containers, FaultPattern, Files, Ignored, Journald, LocalPatterns
from aiops_agent.config.values import Locale, Name
from aiops_agent.host import SOCKET
from aiops_agent.model.event import LocalPattern
from aiops_agent.sections import AbsolutePath, Duration, GroupSection, SigningSection, Strict
from aiops_agent.settings import ChatSettings, Config

TAGS = ("slack", "telegram", "sqlite", "postgresql", "mysql", *SOURCES)
"""Names that pydantic puts into the place of a fault, and nobody typed."""


class Schedule(Strict):
    """How often a tick is."""

    every: Duration = timedelta(minutes=5)


class File(Strict):
    """The whole file."""

    state_dir: AbsolutePath = "/var/lib/aiops-agent"
    schedule: Schedule = Schedule()
    patterns: LocalPatterns = LocalPatterns()
    sources: list[Annotated[Files | Journald | Containers, Field(discriminator="type")]] = []
    knowledge_base: list[AbsolutePath] = []
    playbooks: list[AbsolutePath] = []
    models: AbsolutePath | None = None
    signing: SigningSection = SigningSection()
    policy: PolicySection = PolicySection()
    locale: Locale = "en"
    chat: list[Annotated[Slack | Telegram, Field(discriminator="type")]] = []
    report_dir: AbsolutePath | None = None
    audit: AuditSection = AuditSection()
    connections: dict[Name, Annotated[Sqlite | Server, Field(discriminator="type")]] = {}
    executor: AbsolutePath | None = SOCKET

    def settled(self, path: Path, tokens: Sequence[str], passwords: Mapping[str, str]) -> Config:
        """Return it as the rest of the program reads it."""
        return Config(
            path=path,
            state_dir=Path(self.state_dir),
            sources=tuple(source.settled() for source in self.sources),
            faults=tuple(fault.settled() for fault in self.patterns.faults),
            ignore=tuple(LocalPattern(ignored.contains, ignored.matches) for ignored in self.patterns.ignore),
            policy=self.policy.settled(),
            every=self.schedule.every,
            keep=self.audit.keep,
            locale=self.locale,
            report_dir=Path(self.report_dir or f"{self.state_dir}/reports"),
            chat=tuple(
                ChatSettings(
                    chat.type,
                    chat.name,
                    chat.token,
                    token,
                    chat.channel if isinstance(chat, Slack) else str(chat.chat_id),
                    chat.base_url,
                    chat.locale or self.locale,
                )
                for chat, token in zip(self.chat, tokens, strict=True)
            ),
            knowledge_base=tuple(map(Path, self.knowledge_base)),
            playbooks=tuple(map(Path, self.playbooks)),
            models=Path(self.models) if self.models else None,
            signing=self.signing.settled(),
            anchor_journal=self.audit.anchors.journal,
            anchor_file=Path(self.audit.anchors.file) if self.audit.anchors.file else None,
            executor=Path(self.executor) if self.executor else None,
            credential=self.audit.key.credential,
            connections={name: known.settled(passwords.get(name, "")) for name, known in self.connections.items()},
            auditor_key=Path(self.audit.auditor_key) if self.audit.auditor_key else None,
        )


SECTIONS: Mapping[tuple[str, ...], type[BaseModel]] = {
    ("policy",): PolicySection,
    ("policy", "rules"): RuleSection,
    ("policy", "windows"): WindowSection,
    ("policy", "groups"): GroupSection,
    ("policy", "limits"): LimitsSection,
    ("signing",): SigningSection,
    ("patterns",): LocalPatterns,
    ("patterns", "faults"): FaultPattern,
    ("patterns", "ignore"): Ignored,
    ("audit",): AuditSection,
    ("audit", "key"): Key,
    ("audit", "anchors"): Anchors,
}
"""Where keys stand below another, and which are known there."""
