"""What stands in for the audit log and the keys, where nothing is done."""

from datetime import datetime

from aiops_agent.model.audit import Anchor, AuditEntry
from aiops_agent.ports import Cipher


class Unrecorded:
    """The journal of a rehearsal: nothing is done, so nothing is recorded."""

    def append(self, *entries: AuditEntry) -> None:
        """Forget them."""

    def check(self) -> None:
        """Be content."""

    def retire(self, before: datetime, at: datetime) -> int:  # noqa: ARG002 - there is nothing to remove
        """Remove nothing."""
        return 0

    def anchor(self) -> Anchor:
        """Return the anchor of an empty log."""
        return Anchor(0, "")


class Unsealed:
    """The cipher of a rehearsal, whose state is in memory: makes no key, opens what the real one has sealed."""

    _MARK = b"\0"

    def __init__(self, real: Cipher | None = None) -> None:
        """`real`: what sealed the state this is a copy of; None: it begins with nothing."""
        self._real = real

    def exists(self) -> bool:
        """Tell whether the real one has a key; nothing else needs one."""
        return self._real is None or self._real.exists()

    def create(self) -> None:
        """Need none."""

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Return it marked; the context goes with it as into a real seal."""
        return b"".join((self._MARK, len(context).to_bytes(4), context, plain))

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return what was sealed in this context, here or by the real one."""
        if not sealed.startswith(self._MARK):
            return self._real.open(sealed, context) if self._real else None
        head = self.seal(b"", context)
        return sealed[len(head) :] if sealed.startswith(head) else None
