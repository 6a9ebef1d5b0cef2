"""Knowledge base files -> articles. A broken one is refused by name; the others work."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from aiops_agent.errors import ArticleError, Fault
from aiops_agent.noun import dataclass

FENCE = "---"


@dataclass(frozen=True, slots=True)
class Article:
    """How to recognise one kind of trouble and mend it."""

    id: str
    title: str
    title_zh: str
    categories: tuple[str, ...]
    services: tuple[str, ...]
    """Glob patterns of units it is about."""

    signs: tuple[str, ...]
    """Wordings that lead to it."""

    playbook: str | None
    is_general: bool
    """It is for whatever of its categories no other article is about."""

    body: str
    """The text below the front matter, CommonMark."""

    body_line: int
    """Line of the file that the body begins on, from 1."""

    path: Path
    digest: str
    """SHA-256 of the file, hex."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The articles of all folders, and what was refused."""

    articles: tuple[Article, ...]
    """Sorted by id."""

    faults: tuple[Fault, ...]

    def get(self, identity: str) -> Article | None:
        """Return the article of that id, or None."""
        return next((article for article in self.articles if article.id == identity), None)


def load_articles(folders: Sequence[Path]) -> Shelf:
    """Return every sound article of the folders and the faults of the others; of two with one id in a folder the first.

    An article of a later folder replaces one of the same id or the same relative path of an earlier folder.
    """
    by_place: dict[str, Article] = {}
    faults: list[Fault] = []
    for folder in folders:
        here: dict[str, Path] = {}
        for path in _files(folder, faults):
            try:
                article = read_article(path)
            except ArticleError as error:
                faults.extend(error.faults)
                continue
            if (other := here.setdefault(article.id, path)) != path:
                faults.append(Fault(str(path), 0, "id", f"{other} is {article.id} already: this one is left out"))
                continue
            by_place = {place: other for place, other in by_place.items() if other.id != article.id}
            by_place[path.relative_to(folder).as_posix()] = article
    return Shelf(tuple(sorted(by_place.values(), key=lambda article: article.id)), tuple(faults))


def _files(folder: Path, faults: list[Fault]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        faults.append(Fault(str(error.filename), 0, "", f"this folder of articles cannot be read: {error.strerror}"))

    for directory, below, names in os.walk(folder, onerror=unreadable):
        below.sort()
        yield from (Path(directory, name) for name in sorted(names) if name.endswith(".md") and name != "README.md")


def read_article(path: Path) -> Article:
    """Return the article in a file.

    Raises:
        ArticleError: It cannot be read or its front matter has faults; all of them are listed.
    """
    try:
        data = _read(path)
        text = data.decode().replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise ArticleError([Fault(str(path), 0, "", f"cannot be read: {why}")]) from error
    opening, _, rest = text.partition("\n")
    front, fence, body = rest.partition(f"\n{FENCE}\n")
    if opening.strip() != FENCE or not fence:
        raise ArticleError([Fault(str(path), 1, "", "begins with no front matter between two lines of ---")])
    fields, lines = _front_matter(path, front)
    faults = [
        Fault(str(path), lines.get(key, 1), key, message)
        for key, (fits, message) in _FIELDS.items()
        if not fits(fields.get(key))
    ]
    faults += [
        Fault(str(path), lines[key], key, f"is not a key of an article; those are {', '.join(_FIELDS)}")
        for key in fields
        if key not in _FIELDS
    ]
    if faults:
        raise ArticleError(faults, hint="see the articles shipped with the package for the form")
    return Article(
        id=str(fields["id"]),
        title=str(fields["title"]),
        title_zh=str(fields.get("title_zh") or fields["title"]),
        categories=_strings(fields["categories"]),
        services=_strings(fields.get("services") or ["*"]),
        signs=_strings(fields.get("signs") or []),
        playbook=str(fields["playbook"]) if fields.get("playbook") else None,
        is_general=bool(fields.get("general")),
        body=body,
        body_line=front.count("\n") + 4,
        path=path,
        digest=hashlib.sha256(data).hexdigest(),
    )


def _read(path: Path) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a FIFO would hold up the tick
            raise ArticleError([Fault(str(path), 0, "", "is not a regular file")])
        return file.read()


def _front_matter(path: Path, front: str) -> tuple[Mapping[str, object], Mapping[str, int]]:
    """Return the fields and the line each stands on."""
    try:
        node = yaml.compose(front, Loader=yaml.CSafeLoader)
        fields = yaml.load(front, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: 2026-99-99 has the form of a date
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise ArticleError([Fault(str(path), line, "", f"the front matter is not YAML: {error}")]) from error
    if not isinstance(fields, dict) or not isinstance(node, yaml.MappingNode):
        raise ArticleError([Fault(str(path), 2, "", "the front matter is not a mapping of keys to values")])
    lines = {str(key.value): key.start_mark.line + 2 for key, _ in node.value}
    return {str(key): value for key, value in fields.items()}, lines


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, Iterable) else ()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_line(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _is_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_text(item) for item in value)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.replace("-", "").isalnum() and value.isascii() and value == value.lower()


_FIELDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "id": (_is_id, "must be lower-case letters, digits and dashes"),
    "title": (_is_line, "must be one line of text"),
    "title_zh": (lambda value: value is None or _is_line(value), "must be one line of text, or be left out"),
    "categories": (_is_list, "must be a list of categories, such as [disk_full]"),
    "services": (lambda value: value is None or _is_list(value), 'must be a list of unit patterns, such as ["*"]'),
    "signs": (lambda value: value is None or _is_list(value), "must be a list of wordings, or be left out"),
    "general": (lambda value: value is None or isinstance(value, bool), "must be true or false, or be left out"),
    "playbook": (lambda value: value is None or _is_text(value), "must be the name of a playbook, or null"),
}
