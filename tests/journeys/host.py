"""A temporary host: a log goes in, reports come out. Everything is real but the diagnosis, the chat and the clock."""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from aiops_agent.agent import Agent, Tick, endless
from aiops_agent.assembly.assemble import Assembly
from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.show import show
from aiops_agent.chat.compose import TemplateComposer
from aiops_agent.errors import ChatError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.decision import Mode
from aiops_agent.model.diagnosis import Citation, Diagnosis, Prediction
from aiops_agent.model.message import Message
from aiops_agent.model.risk import Risk
from aiops_agent.model.voice import Expectation
from aiops_agent.pipeline import tick
from aiops_agent.playbook.catalogue import Catalogue
from aiops_agent.playbook.doing import Doing
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.load import load_folders
from aiops_agent.policy.decide import PolicySettings
from aiops_agent.policy.limits import Limits
from aiops_agent.policy.windows import Window
from aiops_agent.signing.register import Register
from aiops_agent.sources.file import FileSource
from aiops_agent.state.state import State
from tests.build import NOW, REPAIR, cipher
from tests.sign import Signer

SERVICE = "shop.service"


@dataclass
class Clock:
    """Time that passes when somebody waits."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass(slots=True)
class FixedDiagnostician:
    """Says `service_failure` of what speaks of a failure, and is unsure of everything else."""

    asked: list[str] = field(default_factory=list)

    def diagnose(self, texts: Sequence[str], services: Sequence[str | None]) -> list[Diagnosis]:
        self.asked += texts
        return [
            Diagnosis(Prediction("service_failure", 0.95, "cannot start" not in text, (), "fixed", Risk.CRITICAL), ())
            for text in texts
        ]

    def cite(self, text: str, service: str | None, category: str) -> tuple[Citation, ...]:
        return ()


@dataclass(slots=True)
class Phone:
    """A chat that remembers, or that cannot be reached."""

    name: str = "phone"
    locale: str = "en"
    messages: list[Message] = field(default_factory=list)
    reachable: bool = True

    def send(self, message: Message) -> None:
        if not self.reachable:
            raise ChatError("no route to the phone", retryable=True)
        self.messages.append(message)

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.messages]


@dataclass(frozen=True, slots=True)
class Shelves:
    """Playbooks and their signatures, and no articles."""

    playbooks: Catalogue
    register: Register

    def signature(self, playbook, now):
        return self.register.signature(playbook, now)

    @property
    def edition(self):
        return repr(sorted(self.playbooks.playbooks)) + repr(self.faults) + repr(self.register.manifest)

    @property
    def stamps(self):
        return []

    @property
    def faults(self):
        return self.playbooks.faults

    def article(self, identity: str) -> None:
        return None


class Host:
    """One server in a folder."""

    def __init__(self, folder: Path, *, mode: Mode = Mode.AUTO, risk: str = "low", probe: str = "file_absent") -> None:
        self.folder = folder
        self.log = folder / "shop.log"
        self.lock = folder / "shop.lock"
        self.state_dir = folder / "state"
        self.state_dir.mkdir(exist_ok=True)
        self.playbooks = folder / "playbooks"
        self.playbooks.mkdir(exist_ok=True)
        self.repair = self.playbooks / "remove-lock.yaml"
        self.repair.write_text(REPAIR.replace("RISK", risk).replace("PROBE", probe))
        self.signer = Signer(folder)
        self.sign()
        self.mode = mode
        self.limits = Limits(unlock_after=0)
        self.windows: tuple[Window, ...] = ()
        self.clock = Clock()
        self.phone = Phone()
        self.diagnostician = FixedDiagnostician()
        self.expected: dict[str, Expectation] = {}
        self.keep: timedelta | None = None
        self.limit = endless
        self.words: dict[str, Doing] = {}
        """Of the vocabulary, what is answered otherwise than by the machine that runs the tests."""

        self._numbers = count(1)

    def sign(self, *, lasting: timedelta = timedelta(days=36500)) -> None:
        """Sign the playbooks as they stand, for longer than any test lasts."""
        self.signer.sign(*load_folders([self.playbooks]).all(), lasting=lasting)

    def writes(self, *lines: str) -> None:
        with self.log.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def fails(self, times: int = 1) -> None:
        self.lock.write_text("1\n")
        self.writes(*["2026-11-23 03:00:00,001 ERROR shop: cannot start: lock file is there"] * times)

    @contextmanager
    def agent(self):
        state = State.open(self.state_dir, cipher(self.state_dir))
        journal = Journal(self.state_dir / "audit", FileKeys(self.state_dir / "keys"))
        catalogue = load_folders([self.playbooks])
        source = FileSource(
            [str(self.folder / "*.log")],
            service=SERVICE,
            start="beginning",
            seen_before="shop" in state.seen,
            assembly=Assembly(),
        )
        with state:
            try:
                yield Agent(
                    host="web01",
                    sources={"shop": source},
                    parameters={SERVICE: {"lock_file": str(self.lock)}},
                    state=state,
                    diagnostician=self.diagnostician,
                    library=Shelves(catalogue, self.signer.register(state.signed.floors())),
                    policy=PolicySettings(mode=self.mode, limits=self.limits, windows=self.windows),
                    executor=EmbeddedExecutor(self.clock, more=self.words),
                    journal=journal,
                    composer=TemplateComposer(),
                    chats=[self.phone],
                    clock=self.clock,
                    expected=self.expected,
                    keep=self.keep,
                    token=lambda: f"token-{next(self._numbers)}-{self.clock.time.timestamp():.0f}",
                )
            finally:
                journal.close()

    def tick(self, after: timedelta = timedelta(minutes=5), *, rehearse: bool = False) -> Tick:
        self.clock.time += after
        with self.agent() as agent:
            return tick(agent, self.clock.time, rehearse=rehearse, limit=self.limit)

    def record(self) -> list[AuditEntry]:
        return list(show(self.state_dir / "audit", FileKeys(self.state_dir / "keys")))

    def recorded(self) -> list[str]:
        return [entry.action for entry in self.record()]

    def incidents(self):
        with State.look_at(self.state_dir, cipher(self.state_dir)) as state:
            found = state.incidents.all()
            assert all(incident.title for incident in found), "opened while the state is"
            return found

    def next_due(self) -> datetime | None:
        """Return when a tick is needed though no log grows."""
        with State.look_at(self.state_dir, cipher(self.state_dir)) as state:
            return state.next_due()
