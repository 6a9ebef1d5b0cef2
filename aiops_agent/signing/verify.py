"""A manifest and the trusted keys -> what is signed on this host."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from aiops_agent.errors import Fault, SigningError
from aiops_agent.model.signature import Floors, Signature, SigningRules
from aiops_agent.noun import replace
from aiops_agent.signing.ed25519 import verifies
from aiops_agent.signing.manifest import CONTEXT, MOST_BYTES, Manifest, Signed, read
from aiops_agent.signing.register import LONGEST_STEP, Register
from aiops_agent.signing.trusted import Trusted, read_trusted


def verify(rules: SigningRules, floors: Floors, *, beside: Mapping[str, bytes] | None = None) -> Register:
    """Return what is signed, every fault of it told and nothing raised: what is not believed is not signed.

    Args:
        rules: Where manifest and keys are, and whose signatures count.
        floors: What this host has seen; who keeps them then keeps what `Register.raised` returns.
        beside: Public keys by their id that count beside the trusted ones, unless they are revoked: of one who signs.
    """
    trusted = read_trusted(rules.trusted, rules.owners)
    blank = Register(str(rules.manifest), floors=floors, two_signatures=rules.two_signatures, faults=trusted.faults)
    try:
        content = _content(rules.manifest)
        if content is None:
            return _missing(blank)
        signed = read(content)
    except SigningError as error:
        return _refused(blank, Signature.ALTERED, f"{error.message}; {error.hint}")
    known = {**trusted.keys, **{key: each for key, each in (beside or {}).items() if key not in trusted.revoked}}
    if not all(verifies(known[key], each, signed.content) for key, each in signed.signatures.items() if key in known):
        return _refused(blank, Signature.ALTERED, "it is not what its key has signed: somebody has altered it")
    signers = known.keys() & signed.signatures.keys()
    if not signers:
        return _refused(blank, Signature.WRONG_KEY, _why_wrong(signed, trusted, rules.trusted))
    manifest = signed.manifest
    reason = _unfit(manifest, rules, floors)
    if reason:
        return _refused(blank, *reason)
    return replace(blank, manifest=manifest, signers=frozenset(signers))


def _content(path: Path) -> bytes | None:
    """Return what stands in the manifest, read once; None when there is none."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SigningError("it is not a regular file")
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = "it is a link" if path.is_symlink() else f"it cannot be read: {error.strerror}"
        raise SigningError(why, hint="put the file itself there, mode 0644") from error
    if len(content) > MOST_BYTES:
        raise SigningError(f"it is longer than {MOST_BYTES >> 20} MiB")
    return content


def _missing(blank: Register) -> Register:
    if not blank.floors.serial:
        return blank
    why = f"is gone, and number {blank.floors.serial} of it was seen here: nothing is signed any more"
    return replace(blank, faults=(*blank.faults, Fault(blank.path, 0, "", why)))


def _refused(blank: Register, refusal: Signature, why: str) -> Register:
    fault = Fault(blank.path, 0, "", f"nothing in it counts as signed: {why}")
    return replace(blank, refusal=refusal, faults=(*blank.faults, fault))


def _why_wrong(signed: Signed, trusted: Trusted, folder: Path) -> str:
    by = ", ".join(sorted(signed.signatures)) or "nobody"
    revoked = sorted(trusted.revoked & signed.signatures.keys())
    if revoked:
        return f"the key {', '.join(revoked)} that signed it is revoked"
    return f"it is signed by {by}, and no such key is in {folder}"


def _unfit(manifest: Manifest, rules: SigningRules, floors: Floors) -> tuple[Signature, str] | None:
    """Return why a manifest with a good signature does not count here."""
    if (manifest.context, manifest.group) != (CONTEXT, rules.group):
        found, wanted = (group or "no group" for group in (manifest.group, rules.group))
        return Signature.OTHER_GROUP, f"it is for {manifest.context!r} and {found}, and this host is of {wanted}"
    if manifest.serial < floors.serial:
        why = f"it is number {manifest.serial}, and number {floors.serial} was seen here: an old one was put back"
        return Signature.BELOW_FLOOR, why
    if manifest.serial > floors.serial + LONGEST_STEP:
        why = f"it is number {manifest.serial}, too far ahead of number {floors.serial}, the last that was seen here"
        return Signature.TOO_FAR, why
    return None
