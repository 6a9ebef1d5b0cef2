"""Whether root's own look at manifest and keys finds a playbook signed; the floors keep anything old from returning."""

from datetime import datetime

from aiops_agent.model.order import Refused
from aiops_agent.model.playbook import Playbook
from aiops_agent.model.signature import Signature, SigningRules
from aiops_agent.signing.verify import verify
from aiops_agent.state.signed import Signed

_IN_WORDS = {
    Signature.UNSIGNED: "it is not signed",
    Signature.EDITED: "it was edited since it was signed",
    Signature.EXPIRED: "its signature has expired",
    Signature.ONE_SIGNATURE: "its risk needs two signatures, and it has one",
}
"""What is said of a playbook; of a manifest that is not believed the word itself says it."""


def refused_unsigned(playbook: Playbook, rules: SigningRules, seen: Signed, now: datetime) -> Refused | None:
    """Return why a playbook does not count as signed, by the very bytes it was read from; None: it does.

    Manifest and keys are read anew for each: an edit or a revoked key counts at once. Call inside a transaction.
    """
    register = verify(rules, seen.floors())
    found = register.signature(playbook, now)
    seen.keep(register.raised(), register.next_expiry(now))
    if found is Signature.SIGNED:
        return None
    why = _IN_WORDS.get(found, f"the manifest {rules.manifest} is not believed: {found.replace('_', ' ')}")
    faults = "; ".join(fault.message for fault in register.faults)
    return Refused("unsigned", f"{playbook.name}: {why}{f' ({faults})' if faults else ''}; `aiops-agent playbook sign`")
