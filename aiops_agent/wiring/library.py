"""The playbooks and articles of a configuration: shipped, overridden, joined, signed."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

from aiops_agent.digest import blake2b
from aiops_agent.errors import Fault
from aiops_agent.host import shipped
from aiops_agent.model.event import LocalPattern
from aiops_agent.model.signature import Floors, Signature
from aiops_agent.noun import replace
from aiops_agent.settings import Config
from aiops_agent.sources.quiet import stamp
from aiops_agent.state.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.diagnosis.articles import Shelf
    from aiops_agent.model.diagnosis import Citation
    from aiops_agent.model.playbook import Playbook
    from aiops_agent.model.signature import SigningRules
    from aiops_agent.playbook.catalogue import Catalogue
    from aiops_agent.signing.register import Register


OVERRIDES = Path("/etc/aiops-agent")
"""Files here override shipped ones of the same name; an upgrade never touches them."""


def _layered(name: str, folders: Sequence[Path]) -> list[Path]:
    """Return the folders of a kind, from the shipped one to the last that overrides."""
    local = [OVERRIDES / name] if (OVERRIDES / name).exists() else []
    return [shipped(name), *local, *folders]


def rules_of(config: Config) -> "SigningRules":
    """Return whose signatures count: keys are root's, or of whoever owns the configuration that says where they lie."""
    try:
        return replace(config.signing, owners=(0, config.path.stat().st_uid))
    except OSError:  # it was removed since it was read, which stops no daemon: root's keys still count
        return config.signing


def _below(folder: Path | str) -> Iterator[str]:
    """Yield every file and folder below one. As text: a hundred paths would take a millisecond of every tick."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError:  # it is gone, or not for this user: the stamp of the folder itself tells of a change
        return
    for entry in entries:
        yield entry.path
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path)


class Library:
    """The playbooks and articles of a configuration, each kind read when it is first asked for."""

    def __init__(
        self,
        playbook_folders: Sequence[Path] = (),
        article_folders: Sequence[Path] = (),
        rules: "SigningRules | None" = None,
        floors: Callable[[], Floors] = Floors,
        stated: Sequence[LocalPattern] = (),
        models: Path | None = None,
    ) -> None:
        """Read nothing yet.

        Args:
            playbook_folders: Beside the shipped ones.
            article_folders: The same.
            rules: Whose signatures count; None: nothing is signed.
            floors: Return what this host has seen signed.
            stated: What people have said of faults: an edit of it is one of what a diagnosis is made of.
            models: The folder of models; None: the shipped one.
        """
        self.models = models
        self._playbooks = _layered("playbooks", playbook_folders)
        self._articles = _layered("knowledge_base", article_folders)
        self._rules = rules
        self._floors = floors
        self._stated = [repr(pattern) for pattern in stated if pattern.category]
        # Before the first of them is read: an edit meanwhile must not pass for what was read.
        folders = [*self._playbooks, *self._articles]
        places = [place for folder in folders for place in (str(folder), *sorted(_below(folder)))]
        if models:
            places += [f"{models}/manifest.json"]
        if rules:
            places += [str(rules.manifest), str(rules.trusted), *sorted(_below(rules.trusted))]
        self.stamps = [stamp(place) for place in places]

    @cached_property
    def playbooks(self) -> "Catalogue":
        """Return the shipped playbooks, overridden and joined by those of /etc and of the configuration."""
        from aiops_agent.playbook.load import load_folders

        return load_folders(self._playbooks)

    @cached_property
    def articles(self) -> "Shelf":
        """Return the shipped articles, overridden and joined by those of /etc and of the configuration."""
        from aiops_agent.diagnosis.articles import load_articles

        shelf = load_articles(self._articles)
        altered = [a for a in shelf.articles if not self.register.vouches_for(a.id, a.digest)]
        why = "is not as it was signed, and is not used; put the signed one back, or `playbook sign --all --articles`"
        faults = [Fault(str(article.path), 0, "", why) for article in altered]
        left = tuple(article for article in shelf.articles if article not in altered)
        return replace(shelf, articles=left, faults=(*shelf.faults, *faults)) if altered else shelf

    @cached_property
    def register(self) -> "Register":
        """Return what is signed here. Where nothing ever was, nothing that verifies is imported."""
        from aiops_agent.signing.register import Register

        floors = self._floors()
        if self._rules is None or (not floors.serial and not os.path.lexists(self._rules.manifest)):
            return Register(floors=floors)
        from aiops_agent.signing.verify import verify

        return verify(self._rules, floors)

    def signature(self, playbook: "Playbook", now: datetime) -> Signature:
        """Return how a playbook stands to its signature, by the bytes it was read from."""
        return self.register.signature(playbook, now)

    def article(self, identity: str) -> "Citation | None":
        """Return an article as a report names it; None when it is gone by now."""
        from aiops_agent.model.diagnosis import Citation  # most ticks tell nothing

        article = self.articles.get(identity)
        return Citation(article.id, article.title, 1.0, article.playbook, article.title_zh) if article else None

    @cached_property
    def edition(self) -> str:
        """Return a word that is another one after any edit of what a diagnosis is made of; reads none of it."""
        made_of = repr([*self.stamps, *self._stated])
        return f"edition {blake2b(made_of.encode(errors='surrogateescape'), digest_size=16).hexdigest()}"

    @property
    def faults(self) -> Sequence[Fault]:
        """Return why files were refused."""
        return [*self.playbooks.faults, *self.articles.faults]


class LibraryToday(Library):
    """The library of a replay: a signature counts as it does today, whatever time the logs are of."""

    def __init__(self, config: Config, today: datetime, *, trusted: bool) -> None:
        """Read nothing yet; `trusted`: every playbook counts as signed."""
        super().__init__(config.playbooks, config.knowledge_base, rules_of(config), models=config.models)
        self._today = today
        self._trusted = trusted

    def signature(self, playbook: "Playbook", now: datetime) -> Signature:  # noqa: ARG002 - that of the logs
        """Return how a playbook stands to its signature today."""
        return Signature.SIGNED if self._trusted else super().signature(playbook, self._today)


def library_of(config: Config, state: State) -> Library:
    """Return the library of a configuration, its signatures no older than the state has seen."""
    return Library(
        config.playbooks,
        config.knowledge_base,
        rules_of(config),
        state.signed.floors,
        config.faults,
        models=config.models,
    )
