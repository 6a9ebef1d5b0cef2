"""What the operators have said of a fault (`category:` in `patterns`) goes before what the model thinks of it."""

from collections.abc import Sequence

from aiops_agent.assembly.local import Local
from aiops_agent.noun import replace
from aiops_agent.wiring.diagnostician import LateDiagnostician

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.diagnosis import Citation, Diagnosis
    from aiops_agent.model.explanation import Explanation


class Stated:
    """A diagnostician that believes the people of this host, where they have said what a fault is."""

    def __init__(self, asked: LateDiagnostician, local: Local) -> None:
        self._asked = asked
        self._local = local

    def diagnose(self, texts: Sequence[str], services: Sequence[str | None]) -> "list[Diagnosis]":
        """Return one diagnosis for each redacted text, in order; the articles are the model's in any case."""
        answers = self._asked.diagnose(texts, services)
        return [self._believed(text, answer) for text, answer in zip(texts, answers, strict=True)]

    def explain(self, text: str, service: str | None) -> "Explanation":
        """Return the diagnosis of one redacted text, and what each way of looking at it said."""
        answer = self._asked.explain(text, service)
        return replace(answer, diagnosis=self._believed(text, answer.diagnosis))

    def cite(self, text: str, service: str | None, category: str) -> "tuple[Citation, ...]":
        """Return the articles for a redacted text that is known to be of a category, best first."""
        return self._asked.cite(text, service, category)

    def _believed(self, text: str, answer: "Diagnosis") -> "Diagnosis":
        said = self._local.stated(text.encode(errors="surrogateescape"))
        if said is None:
            return answer
        from aiops_agent.model.diagnosis import Prediction
        from aiops_agent.model.risk import Risk

        category, why = said
        stated = Prediction(
            category, 1.0, abstained=False, alternatives=(), decided_by=f"patterns: {why}", sure_for=Risk.CRITICAL
        )
        return replace(answer, prediction=stated)
