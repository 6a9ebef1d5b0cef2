"""What says what an error means: the model and the index of the articles, loaded with the first question."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from aiops_agent.host import shipped
from aiops_agent.wiring.library import Library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.diagnosis.classifier import Classifier
    from aiops_agent.diagnosis.diagnose import LocalDiagnostician
    from aiops_agent.diagnosis.encoder import Encoder
    from aiops_agent.diagnosis.exemplars import Recollection
    from aiops_agent.model.diagnosis import Citation, Diagnosis
    from aiops_agent.model.explanation import Explanation
    from aiops_agent.state.exemplars import Exemplars
    from aiops_agent.wiring.taught import Taught


class Model:
    """The model of a library and the index of the articles, loaded with the first question and kept until released.

    For what builds one agent after the other: it holds about 130 MB, and loading it takes most of a second.
    """

    def __init__(self) -> None:
        self.questions = 0
        """How many agents have asked for it."""

        self.recalled: dict[object, Recollection] = {}
        """What people have named, as it was last read: by where it stood then."""

        self._weights: tuple[Encoder, Classifier] | None = None
        self._real: LocalDiagnostician | None = None
        self._edition = ""
        self._folder: Path | None = None

    def diagnostician(self, library: Library, cache: Path | None) -> "LocalDiagnostician":
        """Return the diagnostician with the articles of the library as they are now."""
        from aiops_agent.diagnosis.artefact import MODELS
        from aiops_agent.diagnosis.diagnose import LocalDiagnostician, load_classifier
        from aiops_agent.diagnosis.encoder import load_encoder
        from aiops_agent.diagnosis.vectors import SHIPPED

        self.questions += 1
        folder = library.models or MODELS
        if self._weights is None or self._folder != folder:
            encoder = load_encoder(folder)
            self._weights, self._folder, self._real = (encoder, load_classifier(encoder, folder)), folder, None
        if self._real is None or self._edition != library.edition:
            encoder, classifier = self._weights
            vectors = shipped("knowledge_base") / SHIPPED
            self._real = LocalDiagnostician(classifier, encoder, library.articles, cache, shipped=vectors)
            self._edition = library.edition
            if self._real.refused:
                from logging import getLogger

                why = "is not what its name says; it was removed, and made anew"
                getLogger(__name__).warning("%s %s", self._real.refused, why)
        return self._real

    def index(self, library: Library, out: Path) -> int:
        """Write the vectors of all articles of the library to a file; return how many.

        Raises:
            OSError: It cannot be written.
        """
        from aiops_agent.diagnosis.artefact import MODELS
        from aiops_agent.diagnosis.encoder import load_encoder
        from aiops_agent.diagnosis.index import pieces_of
        from aiops_agent.diagnosis.vectors import write

        pieces = [piece for article in library.articles.articles for piece in pieces_of(article)]
        return write(out, pieces, load_encoder(library.models or MODELS))

    def release(self) -> bool:
        """Forget it; False when it was not loaded."""
        was_loaded = self._weights is not None
        self._weights = self._real = None
        self.recalled.clear()
        return was_loaded


class LateDiagnostician:
    """Loads model and index with the first question: a tick without a new fault does not pay for them."""

    def __init__(
        self,
        library: Library,
        cache: Path | None = None,
        model: Model | None = None,
        exemplars: "Callable[[], Exemplars | None]" = lambda: None,
        *,
        keeps: bool = True,
    ) -> None:
        """Load nothing yet.

        Args:
            library: Where the articles are.
            cache: A folder where vectors of articles are kept between runs.
            model: One that may be loaded already.
            exemplars: Return what people said faults are; None: nobody has been asked.
            keeps: What is computed of the exemplars is kept in their state; it is then asked inside a transaction.
        """
        self._library = library
        self._cache = cache
        self._model = model or Model()
        self._exemplars = exemplars
        self._keeps = keeps

    @cached_property
    def _real(self) -> "LocalDiagnostician":
        return self._model.diagnostician(self._library, self._cache)

    @cached_property
    def _memory(self) -> "Taught | None":
        from aiops_agent.wiring.taught import Taught

        exemplars = self._exemplars()
        return Taught(exemplars, self._model.recalled, keeps=self._keeps) if exemplars else None

    def diagnose(self, texts: Sequence[str], services: Sequence[str | None]) -> "list[Diagnosis]":
        """Return one diagnosis for each text, in order."""
        return self._real.diagnose(texts, services, self._memory)

    def explain(self, text: str, service: str | None) -> "Explanation":
        """Return the diagnosis of one text, and what each way of looking at it said."""
        return self._real.explain(text, service, self._memory)

    def cite(self, text: str, service: str | None, category: str) -> "tuple[Citation, ...]":
        """Return the articles for a text that is known to be of a category, best first."""
        return self._real.cite(text, service, category)

    def search(self, text: str) -> "Sequence[Citation]":
        """Return the articles that fit a person's words, best first."""
        return self._real.search(text)
