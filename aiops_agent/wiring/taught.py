"""What the people of this host said faults are, as the diagnostician searches it."""

from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.diagnosis.exemplars import NOTHING_NAMED, Recollection, recollected
from aiops_agent.errors import AuditError
from aiops_agent.model.event import Fingerprint
from aiops_agent.model.exemplar import Exemplar
from aiops_agent.state.exemplars import Exemplars


class Taught:
    """The exemplars of a state. Vectors of another encoder are computed anew, when they are first needed."""

    def __init__(self, exemplars: Exemplars, known: dict[object, Recollection], *, keeps: bool) -> None:
        """Read nothing yet.

        Args:
            exemplars: Where they are.
            known: What was read already; what is read is left there for whoever asks next.
            keeps: What is computed is kept in the state; it is then asked inside a transaction.
        """
        self._exemplars = exemplars
        self._keeps = keeps
        self._known = known

    def recollection(self, encoder: Encoder) -> Recollection:
        """Return all of them, by this encoder's vectors; read again when people have said more."""
        stands = self._exemplars.stands(), encoder.identity
        if stands not in self._known:
            self._known.clear()
            self._known[stands] = self._read(encoder) if self._exemplars.count() else NOTHING_NAMED
        return self._known[stands]

    def exemplar(self, fingerprint: Fingerprint) -> Exemplar | None:
        """Return what was said of a fault; None: it cannot be opened."""
        return self._exemplars.of(fingerprint)

    def record(self, fingerprint: Fingerprint) -> str | None:
        """Return the record that it was said of, redacted; None: it cannot be opened."""
        return self._exemplars.record(fingerprint)

    def _read(self, encoder: Encoder) -> Recollection:
        kept = {each.fingerprint: each.vector for each in self._exemplars.vectors(encoder.identity)}
        found, computed = recollected(kept, self.record, encoder)
        for name, vector in computed.items() if self._keeps else ():
            try:
                self._exemplars.keep_vector(name, encoder.identity, vector)
            except AuditError:  # the record could be opened a moment ago; what can be computed is not worth a stop
                break
        return found
