"""An executor on a temporary host: its folders, playbooks and database are real; systemd and its steps are scripted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

from aiops_agent.executor.configured import Settings
from aiops_agent.executor.desk import Desk
from aiops_agent.executor.persons import Approvers
from aiops_agent.model.decision import Mode
from aiops_agent.model.order import Order, Progress, Running, Unknown
from aiops_agent.model.signature import SigningRules
from aiops_agent.playbook.load import load
from aiops_agent.policy.limits import Limits
from tests.fakes import SteppingClock
from tests.sign import Signer

AGENT, ANN, BOB, EVE = 4001, 1, 2, 3
"""The users daemon, bin and sys of every Debian, who are people here; only two of them may approve."""

SERVICE = "shop.service"
RESTART = """\
name: restart-shop
version: 1
description: {en: Restart it., zh: 重启。}
risk: low
for: {categories: [service_failure], services: ["*.service"]}
params: {unit: {from: source.service}}
evidence: [{unit_state: {unit: $unit, is: failed}}]
steps: [{unit: {restart: $unit}}]
verify: {within: 2s, probes: [{unit_state: {unit: $unit, is: active}}]}
undo: []
cooldown: 15m
caps: {per_hour: 2, per_day: 3}
"""


UNDONE = "undo: [{unit: {stop: $unit}}]"
"""What a playbook of risk high must have."""


@dataclass(slots=True)
class Units:
    """What systemd knows of."""

    loaded: set[str] = field(default_factory=lambda: {SERVICE, "other.service"})

    def missing(self, unit: str) -> str | None:
        return None if unit in self.loaded else f"{unit} is not a loaded unit here"


@dataclass(slots=True)
class Idle:
    """A worker that takes orders and does nothing."""

    taken: list[Order] = field(default_factory=list)
    cancelled: list[str | None] = field(default_factory=list)

    def take(self, order: Order) -> Progress:
        self.taken.append(order)
        return Running()

    def progress(self, identity: str) -> Progress:
        return Running() if identity in [order.id for order in self.taken] else Unknown()

    def cancel(self, identity: str | None) -> bool:
        self.cancelled.append(identity)
        return identity is None or isinstance(self.progress(identity), Running)


def sign(folder: Path) -> SigningRules:
    """Sign what lies there, by a key that is trusted there, as of the beginning of the clock."""
    signer = Signer(folder) if not (folder / "trusted").exists() else None
    if signer:
        signer.sign(load(folder / "playbooks" / "restart-shop.yaml"))
    return SigningRules(folder / "playbooks.manifest", folder / "trusted", owners=(0, folder.stat().st_uid))


def sign_anew(desk: Desk) -> None:
    """Sign the playbook as it reads by now, with another key that is trusted there."""
    folder = desk.settings.signing.trusted.parent
    rmtree(desk.settings.signing.trusted)
    sign(folder)


@contextmanager
def desk_in(folder: Path, playbook: str = RESTART, **changes: object) -> Iterator[Desk]:
    """A desk whose state, playbooks and socket are below `folder`."""
    for name in ("state", "playbooks", "run"):
        (folder / name).mkdir(exist_ok=True, mode=0o700)
    (folder / "playbooks" / "restart-shop.yaml").write_text(playbook)
    settings = Settings(
        agent=AGENT,
        services={SERVICE: {}, "other.service": {}},
        playbooks=(folder / "playbooks",),
        approvers=Approvers(("daemon", "bin"), ()),
        mode=Mode.APPROVE,
        approval_expires=timedelta(hours=1),
        state_dir=folder / "state",
        socket=folder / "run" / "executor.sock",
        limits=Limits(unlock_after=0, repairs_per_day=100),
        signing=sign(folder),
    )
    given = replace(settings, **changes)
    with Desk(given, SteppingClock(), "host1") as desk:
        yield desk


def order_for(desk: Desk, **changes: str) -> Order:
    """An order for the playbook as it lies there."""
    playbook = load(desk.settings.playbooks[0] / "restart-shop.yaml")
    plain = Order(id="order-1", playbook=playbook.name, digest=playbook.digest, service=SERVICE, incident="inc-1")
    return replace(plain, **changes)


def question_words(order: Order) -> dict[str, str]:
    return {name: getattr(order, name) for name in ("playbook", "digest", "service", "incident")}
