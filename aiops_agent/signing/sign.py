"""Playbooks that somebody has looked at -> a signed manifest."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from aiops_agent.errors import UsageError
from aiops_agent.model.playbook import Playbook
from aiops_agent.noun import replace
from aiops_agent.signing.ed25519 import SigningKey
from aiops_agent.signing.manifest import Entry, Manifest, envelop, read, write

EXPIRES = timedelta(days=365)
"""How long a signature holds when nobody says otherwise: somebody looks at each playbook once a year."""


def added(manifest: Manifest, playbooks: Iterable[Playbook], now: datetime, lasting: timedelta) -> Manifest:
    """Return a manifest that names these playbooks as they stand, beside what it names already."""
    expires = now.replace(microsecond=0) + lasting
    fresh = {each.name: Entry(each.version, each.digest, each.risk, expires) for each in playbooks}
    return replace(manifest, playbooks={**manifest.playbooks, **fresh}, created=now.replace(microsecond=0))


def signed(manifest: Manifest, key: SigningKey) -> bytes:
    """Return the file of a manifest with one signature."""
    return envelop(manifest, {key.id: key.sign(write(manifest))})


def countersigned(content: bytes, key: SigningKey) -> bytes:
    """Return the file of a manifest with one signature more.

    Raises:
        SigningError: There is no manifest in `content`.
        UsageError: This key has signed it already.
    """
    found = read(content)
    if key.id in found.signatures:
        raise UsageError(f"the key {key.id} has signed it already", hint="the second signature is another person's")
    return envelop(found.manifest, {**found.signatures, key.id: key.sign(found.content)})


def put(path: Path, content: bytes) -> None:
    """Put a file whole, readable for all, in the place of an older one.

    Raises:
        UsageError: It cannot be written.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o644)  # whatever the umask: the agent reads it, and is not root
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        hint = "run this as root, or name another file with --manifest FILE"
        if not path.parent.exists():
            hint = f"make its folder first: install -d -m 755 {path.parent}"
        raise UsageError(f"{path} is not written: {error.strerror}", hint=hint) from error


def kept(manifest: Manifest, known: Mapping[str, Playbook], now: datetime) -> tuple[Manifest, list[str]]:
    """Return a manifest without what is not valid any more, and the names of that.

    An entry stays while it has not expired and, if there is such a playbook here, is for its very bytes.
    """
    stale = [
        name
        for name, entry in manifest.playbooks.items()
        if entry.expires <= now or (name in known and known[name].digest != entry.digest)
    ]
    left = {name: entry for name, entry in manifest.playbooks.items() if name not in stale}
    return replace(manifest, playbooks=left), sorted(stale)
