"""What the log says of an incident: text that is kept encrypted, and opened when somebody asks for it."""

from collections.abc import Callable

from aiops_agent.noun import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The parts of an incident that come from a log; redacted."""

    title: str
    """One line for people: what the first record says, at most 160 characters."""

    text: str
    """The first record whole."""

    grouped_by: str


class Evidence:
    """Words, and the form in which the state keeps them.

    To open costs a small tick a fifth of its time: as long as nobody asks for the words, they are read from the state
    and written back as they are.
    """

    __slots__ = ("_brief", "_words", "sealed")

    def __init__(self, words: Words | Callable[[], Words], sealed: bytes | None = None, *, brief: str = "") -> None:
        """Take the words, or what opens them and says why where they cannot be had."""
        self._words = words
        self._brief = brief
        self.sealed = sealed
        """As the state keeps it. Empty: it could not be encrypted, and is not kept. None: not encrypted yet."""

    @property
    def words(self) -> Words:
        """Return the words; they are opened once."""
        if not isinstance(self._words, Words):
            self._words = self._words()
        return self._words

    @property
    def brief(self) -> str:
        """Return the title; of closed evidence that was seen again, the line that was seen last."""
        return self._brief if self._brief and not isinstance(self._words, Words) else self.words.title

    def seen_again(self, headline: str) -> "Evidence":
        """Return it with a line that says the same and need not be opened."""
        return Evidence(self._words, self.sealed, brief=headline)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Evidence) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def __repr__(self) -> str:
        return f"Evidence({self._words!r}, {len(self.sealed or b'')} bytes sealed)"
