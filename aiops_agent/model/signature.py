"""Whether a person with a trusted key has signed a playbook as it stands, and what this host has seen signed so far."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from aiops_agent.noun import dataclass, field

MANIFEST = Path("/etc/aiops-agent/playbooks.manifest")
TRUSTED = Path("/etc/aiops-agent/trusted")


class Signature(StrEnum):
    """How a playbook stands to its signature: the words of `playbook verify --json`. All but one forbid `auto`."""

    SIGNED = "signed"

    UNSIGNED = "unsigned"
    """No manifest, or one that does not name it."""

    EDITED = "edited"
    """The manifest names it with another digest: its bytes are not those that were signed."""

    WRONG_KEY = "wrong_key"
    """No key that is trusted here, and not revoked, has signed the manifest."""

    ALTERED = "altered"
    """The manifest is not what its key signed, or no manifest at all."""

    OTHER_GROUP = "other_group"
    """The manifest was signed for another product, or another group of hosts."""

    EXPIRED = "expired"

    BELOW_FLOOR = "below_floor"
    """Older than what this host has seen signed: an old manifest, or an old version, was put back."""

    TOO_FAR = "too_far"
    """So far ahead of what this host has seen that nobody can have counted there."""

    ONE_SIGNATURE = "one_signature"
    """Two distinct keys are needed for a risk as high as this, and one has signed."""


@dataclass(frozen=True, slots=True)
class Floors:
    """The highest that was seen on this host under a valid signature; what is lower is refused."""

    serial: int = 0
    """Of a manifest; 0: none was seen yet."""

    versions: Mapping[str, int] = field(default_factory=dict)
    """Of each playbook, by its name."""


@dataclass(frozen=True, slots=True)
class SigningRules:
    """Whose signatures count on this host."""

    manifest: Path = MANIFEST
    trusted: Path = TRUSTED
    """The folder of the public keys, and of the list `revoked`."""

    group: str = ""
    """The group of hosts that a manifest must be for; empty: one that is for no group."""

    two_signatures: bool = False
    """Whether a playbook of risk high or above needs those of two distinct keys."""

    owners: tuple[int, ...] = (0,)
    """User ids that the folder of the keys, and each key in it, may belong to: root. Whoever owns the configuration,
    which says where that folder is, is added by who wires the agent."""
