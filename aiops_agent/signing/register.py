"""What is signed on this host: asked for each playbook, as of a moment. Apart from verifying, which needs a library."""

from collections.abc import Iterator
from datetime import datetime

from aiops_agent.errors import Fault
from aiops_agent.model.incident import rfc3339
from aiops_agent.model.playbook import Playbook
from aiops_agent.model.risk import Risk
from aiops_agent.model.signature import Floors, Signature
from aiops_agent.noun import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.signing.manifest import Manifest

LONGEST_STEP = 1_000_000
"""How far a serial or version may be ahead of the highest seen. A person who counts days (20261231, then 20270101) or
signings never comes so far; a thief of a key who does cannot count the owner out for good (TUF: fast-forward)."""

NEEDS_TWO = Risk.HIGH
"""The least risk that needs two distinct keys, where two are asked for."""


@dataclass(frozen=True, slots=True)
class Register:
    """A manifest that was verified, or why it is not believed."""

    path: str = ""
    manifest: "Manifest | None" = None
    """None also when there is a manifest that is not believed."""

    signers: frozenset[str] = frozenset()
    """Ids of the trusted keys that have signed it."""

    refusal: Signature | None = None
    """Why the manifest is not believed, and so nothing in it."""

    floors: Floors = field(default_factory=Floors)
    two_signatures: bool = False
    faults: tuple[Fault, ...] = ()
    """What a person should mend: keys that cannot be trusted, a manifest that cannot be believed."""

    @property
    def is_used(self) -> bool:
        """Tell whether anything was ever signed for this host."""
        return self.manifest is not None or self.refusal is not None or self.floors.serial > 0

    def signature(self, playbook: Playbook, now: datetime) -> Signature:
        """Return how a playbook, by the bytes it was read from, stands to its signature."""
        if self.refusal:
            return self.refusal
        entry = self.manifest.playbooks.get(playbook.name) if self.manifest else None
        if entry is None:
            return Signature.UNSIGNED
        is_alone = self.two_signatures and playbook.risk >= NEEDS_TWO and len(self.signers) <= 1
        hindrances = (
            (entry.digest != playbook.digest, Signature.EDITED),
            (self._is_old(playbook.name, entry.version), Signature.BELOW_FLOOR),
            (self._is_far(playbook.name, entry.version), Signature.TOO_FAR),
            (entry.expires <= now, Signature.EXPIRED),
            (is_alone, Signature.ONE_SIGNATURE),
        )
        return next((signature for holds, signature in hindrances if holds), Signature.SIGNED)

    def vouches_for(self, article: str, digest: str) -> bool:
        """Tell whether an article may be shown: it is as it was signed, or articles are not signed on this host."""
        signed = self.manifest.articles if self.manifest else {}
        return not signed or signed.get(article) == digest

    def faults_at(self, now: datetime) -> Iterator[Fault]:
        """Yield what a person should mend, what has expired among it."""
        yield from self.faults
        if self.manifest is None:
            return
        entries = self.manifest.playbooks.items()
        for moment in sorted({entry.expires for _, entry in entries if entry.expires <= now}):
            over = ", ".join(sorted(name for name, entry in entries if entry.expires == moment))
            why = f"expired: {over}; look again, and sign again"
            yield Fault(f"{self.path}, signed until {rfc3339(moment)}", 0, "", why)  # each moment is told
        for name, entry in entries:
            if self._is_old(name, entry.version):
                known = self.floors.versions[name]
                yield Fault(
                    self.path, 0, name, f"version {entry.version} is older than {known}, which was signed before"
                )
            if self._is_far(name, entry.version):
                yield Fault(self.path, 0, name, f"version {entry.version} is too far ahead of what was signed before")

    def raised(self) -> Floors:
        """Return the floors with what this manifest brings; a version that is too far ahead brings nothing."""
        if self.manifest is None:
            return self.floors
        versions = dict(self.floors.versions)
        for name, entry in self.manifest.playbooks.items():
            if not self._is_far(name, entry.version):
                versions[name] = max(entry.version, versions.get(name, 0))
        return Floors(max(self.manifest.serial, self.floors.serial), versions)

    def next_expiry(self, now: datetime) -> datetime | None:
        """Return when the next of what is signed expires."""
        times = [entry.expires for entry in self.manifest.playbooks.values()] if self.manifest else []
        return min((time for time in times if time > now), default=None)

    def _is_old(self, name: str, version: int) -> bool:
        return version < self.floors.versions.get(name, 0)

    def _is_far(self, name: str, version: int) -> bool:
        known = self.floors.versions.get(name)  # the first is taken as it is: some count by the date
        return known is not None and version > known + LONGEST_STEP
