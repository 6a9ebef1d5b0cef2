"""Keys made on the spot, and the folder of a host that trusts them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from aiops_agent.model.playbook import Playbook
from aiops_agent.model.signature import Floors, SigningRules
from aiops_agent.signing.ed25519 import SigningKey, write_public
from aiops_agent.signing.manifest import Manifest
from aiops_agent.signing.register import Register
from aiops_agent.signing.sign import added, put, signed
from aiops_agent.signing.verify import verify
from tests.build import NOW

YEAR = timedelta(days=365)


class Signer:
    """Who signs the playbooks of one host."""

    def __init__(self, folder: Path) -> None:
        self.key = SigningKey.make()
        self.rules = SigningRules(folder / "playbooks.manifest", folder / "trusted", owners=(folder.stat().st_uid,))
        self.rules.trusted.mkdir(exist_ok=True)
        self.rules.trusted.chmod(0o755)
        self.serial = 0
        self.trust(self.key)

    @property
    def settings(self) -> str:
        """Return it as the configuration has it."""
        return f"{{manifest: {self.rules.manifest}, trusted: {self.rules.trusted}}}"

    def trust(self, key: SigningKey) -> None:
        put(self.rules.trusted / f"{key.id}.pub", write_public(key.public))

    def revoke(self, key: SigningKey) -> None:
        put(self.rules.trusted / "revoked", f"# stolen\n{key.id}  # on Monday\n".encode())

    def manifest(self, playbooks: Iterable[Playbook], now: datetime = NOW, **changes) -> Manifest:
        self.serial = changes.pop("serial", self.serial + 1)
        lasting = changes.pop("lasting", YEAR)
        return replace(added(Manifest(self.serial, now, {}), playbooks, now, lasting), **changes)

    def sign(self, *playbooks: Playbook, now: datetime = NOW, key: SigningKey | None = None, **changes) -> None:
        """Put a manifest of exactly these there."""
        put(self.rules.manifest, signed(self.manifest(playbooks, now, **changes), key or self.key))

    def register(self, floors: Floors | None = None, **rules) -> Register:
        return verify(replace(self.rules, **rules), floors or Floors())
