"""Catalogues that installed software carries -> sayings the encoder learns from. Nothing of them is stored here.

What is not installed is said and left out: an encoder trained on a smaller host has seen less.
"""

import ast
import errno
import gettext
import os
import sysconfig
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import re2

from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.signs import Rank, Signs, load_signs
from aiops_agent.training.slots import fill

LOCALES = Path("/usr/share/locale")
CHINESE = ("zh_CN", "zh_Hans")
JAVA = Path("/usr/lib/jvm")
SQLSTATES = Path("/usr/share/postgresql")
SOURCES: Mapping[str, tuple[Path, ...]] = {
    "rb": (Path("/usr/lib/ruby"), Path("/var/lib/gems")),
    "js": (Path("/usr/share/nodejs"), Path("/usr/lib/node_modules"), Path("/usr/local/lib/node_modules")),
    "php": (Path("/usr/share/php"),),
}

NAMES_ONLY = ("iso_", "iso-", "xkeyboard", "shared-mime", "appstream", "gtk", "gsettings", "gstreamer", "xdg-", "vim")
"""Catalogues of names and buttons: they say nothing of faults."""

SHORTEST, SHORTEST_CHINESE, LONGEST = 12, 4, 300
"""Characters of a saying: below, it is a label; above, it is a help page."""

MOST_OF_ONE = 600
"""Sayings of one catalogue: git and postgres must not drown the others."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One message as software words it."""

    text: str
    means: str
    """The same in English, for whose vector the teacher is asked; of an English one the text itself."""

    category: str | None
    """Where the catalogue states it by itself (an errno, a SQLSTATE)."""

    catalogue: str


@dataclass(frozen=True, slots=True)
class Mined:
    """What was found on this host."""

    sayings: tuple[Saying, ...]
    missing: tuple[str, ...]
    """What is not installed, in words for a person."""


def mine(seed: int) -> Mined:
    """Return every saying of the catalogues of this host. The same host and seed give the same, in the same order."""
    sayings, missing = gather(_CATALOGUES, seed)
    for form, chinese in _chinese_errnos().items():
        sayings[chinese] = Saying(chinese, form, _stated(form), "errno, Chinese")
    return Mined(tuple(sayings.values()), missing)


Catalogue = Callable[[Random], Iterator[Saying]]


def gather(catalogues: Mapping[str, Catalogue], seed: int) -> tuple[dict[str, Saying], tuple[str, ...]]:
    """Return the sayings of catalogues, each text once, and the names of the catalogues that are empty."""
    sayings: dict[str, Saying] = {}
    missing = []
    for name, catalogue in catalogues.items():
        found = [saying for saying in catalogue(Random(f"{seed}/{name}")) if _has_length(saying.text)]
        if not found:
            missing.append(name)
        for saying in found:
            sayings.setdefault(saying.text, saying)
    return sayings, tuple(missing)


def _has_length(text: str) -> bool:
    return (SHORTEST_CHINESE if _HAN.search(text) else SHORTEST) <= len(text) <= LONGEST


def _errnos(_: Random) -> Iterator[Saying]:
    for number, name in sorted(errno.errorcode.items()):
        words = os.strerror(number)
        for text in (words, f"{name}: {words}", f"{words} (os error {number})", f"[Errno {number}] {words}"):
            yield Saying(text, text, _stated(text), "errno")


def _chinese_errnos() -> Mapping[str, str]:
    """Return the Chinese wording of each errno text, as libc has it; some are too short for other catalogues."""
    catalogue = _catalogue("libc")
    texts = {os.strerror(number) for number in errno.errorcode}
    return {text: catalogue[text] for text in sorted(texts) if catalogue.get(text)}


@cache
def _signs() -> Signs:
    return load_signs()


def _stated(text: str) -> str | None:
    """Return the category that the signs read in a text without doubt."""
    found = _signs().find(condense(text))
    categories = {one.sign.category for one in found}
    return found[0].sign.category if len(categories) == 1 and found[0].sign.rank is Rank.DECISIVE else None


def _sqlstates(_: Random) -> Iterator[Saying]:
    for path in sorted(SQLSTATES.glob("*/errcodes.txt"))[-1:]:
        for line in path.read_text(encoding="utf-8").splitlines():
            match line.split():
                case [state, "E" | "F", _, condition]:
                    for text in (f"SQLSTATE {state}: {condition}", f"ERROR: {condition.replace('_', ' ')} ({state})"):
                        yield Saying(text, text, _stated(text), "SQLSTATE")
                case _:
                    pass  # a heading, a comment, or what is no error


def _python(_: Random) -> Iterator[Saying]:
    """Yield what the standard library raises: class and message, from its sources."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if {"site-packages", "test", "tests", "idlelib", "lib2to3"} & set(path.parts):
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue  # made to be broken, for a test of the parser
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                words = _constant(node.exc.args[0])
                if words:
                    text = f"{ast.unparse(node.exc.func)}: {' '.join(words.split())}"
                    yield Saying(text, text, None, "python")


def _constant(node: ast.expr) -> str:
    """Return the text of a literal, what is put into it named or left as `%s`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_constant(value) for value in values)
        case ast.FormattedValue(value=ast.Name(id=name)):
            return name
        case ast.BinOp(left=left, op=ast.Mod()):
            return _constant(left)
        case _:
            return ""


def _java(_: Random) -> Iterator[Saying]:
    for path in sorted(JAVA.glob("*/jmods/*.jmod")):
        with zipfile.ZipFile(path) as module:
            names = sorted(module.namelist())
        for name in names:
            if name.startswith("classes/") and name.endswith(("Exception.class", "Error.class")) and "$" not in name:
                text = name.removeprefix("classes/").removesuffix(".class").replace("/", ".")
                yield Saying(text, text, None, "java")


_RAISED = re2.compile(
    r"""(?:raise|throw new|new)\s+([\w:\\.]*(?:Error|Exception))(?:\(|,\s*)\s*["'`]([^"'`\n]{8,200})["'`]"""
)


def _in_sources(ending: str) -> Catalogue:
    """Return what yields the exceptions and messages in the installed sources of one language."""

    def catalogue(_: Random) -> Iterator[Saying]:
        for folder in SOURCES[ending]:
            for path in sorted(folder.rglob(f"*.{ending}")):
                if path.is_file():
                    for raised, words in _RAISED.findall(path.read_text(encoding="utf-8", errors="replace")):
                        text = f"{raised}: {words}"
                        yield Saying(text, text, None, ending)

    return catalogue


def _translated(random: Random) -> Iterator[Saying]:
    yield from in_locales(LOCALES, random)


def in_locales(folder: Path, random: Random) -> Iterator[Saying]:
    """Yield the messages of gettext catalogues, English and Chinese, their placeholders filled alike."""
    paths = sorted(path for locale in CHINESE for path in folder.glob(f"{locale}/LC_MESSAGES/*.mo"))
    for path in paths:
        if path.name.startswith(NAMES_ONLY):
            continue
        pairs = [(english, chinese) for english, chinese in _read(path).items() if _is_message(english)]
        for english, chinese in random.sample(pairs, min(len(pairs), MOST_OF_ONE)):
            values = _Values(random)
            text, translated = values.put_into(english), values.put_into(chinese)
            yield Saying(text, text, None, path.stem)
            if _HAN.search(translated):
                yield Saying(translated, text, None, f"{path.stem}, Chinese")


_HAN = re2.compile(r"\p{Han}")
_WORDS = re2.compile(r"[A-Za-z]{2,}")
_PLACE = re2.compile(r"%%|%(?:(\d+)\$)?[-+ #0']*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?([diouxXcsfgep]|m)")


def _is_message(english: str) -> bool:
    return len(_WORDS.findall(english)) > 1 and not english.startswith((" ", "-"))


class _Values:
    """What stands for the placeholders of a message, the same in each of its translations."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._values: dict[int, str] = {}

    def put_into(self, text: str) -> str:
        """Return the text on one line, its placeholders filled."""
        parts, end, number = [], 0, 0
        for place in _PLACE.finditer(text):
            parts.append(text[end : place.start()])
            end = place.end()
            if place.group() == "%%":
                parts.append("%")
                continue
            number += 1
            parts.append(self._value(int(place.group(1) or number), place.group(2)))
        return " ".join("".join((*parts, text[end:])).split())

    def _value(self, number: int, kind: str) -> str:
        if number not in self._values:
            slot = self._random.choice(("{svc}", "{path}", "{word}", "{host}")) if kind == "s" else "{n}"
            self._values[number] = "Permission denied" if kind == "m" else fill(slot, self._random)
        return self._values[number]


def _read(path: Path) -> Mapping[str, str]:
    with path.open("rb") as file:
        entries: Mapping[object, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # noqa: SLF001 - it has no other way to list
    return {key: text for key, text in entries.items() if isinstance(key, str) and key and text}


def _catalogue(domain: str) -> Mapping[str, str]:
    paths = [path for locale in CHINESE if (path := LOCALES / locale / "LC_MESSAGES" / f"{domain}.mo").exists()]
    return _read(paths[0]) if paths else {}


_CATALOGUES: Mapping[str, Catalogue] = {
    "errno texts": _errnos,
    "SQLSTATE tables (postgresql)": _sqlstates,
    "exceptions of the Python standard library (its sources)": _python,
    "exceptions of the Java class library (a JDK with jmods)": _java,
    "exceptions in installed Ruby sources": _in_sources("rb"),
    "errors in installed Node.js sources": _in_sources("js"),
    "exceptions in installed PHP sources": _in_sources("php"),
    "message catalogues, Chinese (/usr/share/locale/zh_CN)": _translated,
}
