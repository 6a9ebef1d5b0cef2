"""The teacher's tokenizer -> one that reads logs in words, with the pieces our texts use and common Han characters."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2
from tokenizers import Regex, Tokenizer
from tokenizers.normalizers import BertNormalizer, Normalizer, Replace
from tokenizers.normalizers import Sequence as InTurn

PIECES = 8_000
"""English pieces kept. Of the 30,522 of the teacher our texts hardly use the rest: they are spelt in smaller pieces,
which makes a text a hundredth longer."""

HAN = 3_000
"""Han characters kept: those of our texts by frequency, then the common ones."""

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

_HAN = re2.compile(r"\p{Han}")

_SAYS_NOTHING = (
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?Z?\b",
    r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b",
    r"\b0x[0-9a-fA-F]+\b",
    r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]{4,})*\b",
)
"""When it was and which one it was: another record of the same fault has others. Ports, statuses and error numbers are
shorter."""

_ADDRESS = r"\b\d{1,3}(?:\.\d{1,3}){3}\b"
_CAMEL = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
_SIGNS = r"[^\w%]+|_+"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which pieces remain."""

    pieces: tuple[str, ...]
    """In the order of their new numbers."""

    old: tuple[int | None, ...]
    """The teacher's number of each; None: it had none."""


def in_words() -> Normalizer:
    """Return what makes of log text the words that a model of prose knows, before they are cut into pieces.

    `NoSuchFileException` is read as four words instead of `nos ##uch ##fi ##lee ##x ##ception`, an address as `ip`;
    signs and what says nothing are left out. Our records are a third shorter so, and a pass as much faster.
    """
    return InTurn(
        [
            Replace(Regex("|".join(_SAYS_NOTHING)), " "),
            Replace(Regex(_ADDRESS), " ip "),
            Replace(Regex(_CAMEL), " "),
            Replace(Regex(_SIGNS), " "),
            BertNormalizer(lowercase=True),
        ]
    )


def choose(tokenizer: Tokenizer, texts: Sequence[str], *, pieces: int = PIECES, han: int = HAN) -> Vocabulary:
    """Return the pieces to keep: every single letter and sign, so that nothing becomes unknown, then by frequency."""
    known: Mapping[str, int] = tokenizer.get_vocab()
    used = Counter(token for encoding in tokenizer.encode_batch(list(texts)) for token in encoding.tokens)
    single = [
        piece for piece in sorted(known) if len(piece.removeprefix("##")) == 1 and piece.removeprefix("##").isascii()
    ]
    frequent = [
        piece for piece, _ in sorted(used.items(), key=lambda item: (-item[1], item[0])) if not _HAN.search(piece)
    ]
    chosen = list(dict.fromkeys((*SPECIAL, *single, *(piece for piece in frequent if piece in known))))[:pieces]
    chosen += _characters(texts, han)
    return Vocabulary(tuple(chosen), tuple(known.get(piece) for piece in chosen))


def _characters(texts: Iterable[str], most: int) -> list[str]:
    used = Counter(character for text in texts for character in _HAN.findall(text))
    by_use = [character for character, _ in sorted(used.items(), key=lambda item: (-item[1], item[0]))]
    return list(dict.fromkeys((*by_use, *_common())))[:most]


def _common() -> list[str]:
    """Return the 3,755 characters of the first level of GB 2312: the common ones, by its rows 16 to 55."""
    cells = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return [cell.decode("gb2312") for cell in cells if cell < b"\xd7\xfa"]


def write(source: Path, vocabulary: Vocabulary, target: Path) -> None:
    """Write the tokenizer of `source` with this vocabulary."""
    form: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    numbers = {piece: number for number, piece in enumerate(vocabulary.pieces)}
    form["model"]["vocab"] = numbers
    form["added_tokens"] = [{**token, "id": numbers[token["content"]]} for token in form["added_tokens"]]
    for name, special in form["post_processor"]["special_tokens"].items():
        special["ids"] = [numbers[name]]
    tokenizer = Tokenizer.from_str(json.dumps(form))
    tokenizer.normalizer = in_words()
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target), pretty=False)
