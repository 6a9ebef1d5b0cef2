"""Secrets and personal data are replaced before a text is kept, sent or classified."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate

import ahocorasick_rs
import re2

from aiops_agent.assembly.credentials import FRAMES, LINES, SETTINGS
from aiops_agent.assembly.personal import EMAIL, NUMBERS, PERSONAL
from aiops_agent.assembly.rule import Rule, sign
from aiops_agent.assembly.tokens import TOKENS

_RULES = (*FRAMES, *TOKENS, *SETTINGS, *LINES, EMAIL, *PERSONAL)
"""In the order in which they are tried: the frame before what stands in it, the form before the key."""

_FIRST_OF_TOKENS, _FIRST_OF_SETTINGS = len(FRAMES), len(FRAMES) + len(TOKENS)

_MOST_PASSES = 8
"""A pass may uncover what the next one finds. No text was seen to need more than three."""

_COLOUR = rb"(?:\x1b|\\u001b|\\x1b|\\033|\\e|#033|\^\[)\[[0-9;]{0,20}m"
_ESCAPED = rb"\\u00([2-7][0-9a-fA-F])"
_BREAK = rb"\r?\n[ \t]*"
_TAIL = rb"(\[redacted:\w+\]\s*?\n[ \t]*)([A-Za-z0-9+/_=-]{2,})([ \t]*(?:\n|\z))"


def redact(text: str) -> str:
    """Return `text` with every secret replaced by `[redacted:KIND]`; doing it again changes nothing.

    Colour codes are taken out and letters that JSON wrote as numbers (`\\u0070`) are written as letters, because either
    may stand in the middle of a secret. Error numbers, paths, addresses and class names stay: diagnosis needs them.
    """
    before = text.encode("utf-8", "backslashreplace")
    for _ in range(_MOST_PASSES):
        after = _once(before)
        if after == before:
            break
        before = after
    return before.decode()


def _once(text: bytes) -> bytes:
    if b"[" in text:
        text = bytes(_compiled(_COLOUR).sub(b"", text))
    if b"\\u00" in text:
        text = bytes(_compiled(_ESCAPED).sub(_letter, text))
    for number in _worth_trying(text):
        text = _apply(_RULES[number], text)
    if b"\n" in text:
        text = _behind_breaks(text)
    return text


def _worth_trying(text: bytes) -> list[int]:
    """Return the numbers of the rules of whose keywords the text holds one, in their order."""
    finder, rules_of = _keywords()
    words = {word for word, _, _ in finder.find_matches_as_indexes(text.lower(), overlapping=True)}
    found = {number for word in words for number in rules_of[word]}
    if _compiled(NUMBERS.encode()).search(text):
        found.update(range(len(_RULES) - len(PERSONAL), len(_RULES)))
    return sorted(found)


@cache
def _keywords() -> tuple[ahocorasick_rs.BytesAhoCorasick, list[list[int]]]:
    """Return the automaton of all keywords and, for each of them, the numbers of its rules."""
    numbers: dict[str, list[int]] = {}
    for number, rule in enumerate(_RULES):
        for word in _distinct(rule.keywords):
            numbers.setdefault(word, []).append(number)
    return ahocorasick_rs.BytesAhoCorasick([word.encode() for word in numbers]), list(numbers.values())


def _distinct(words: Iterable[str]) -> Iterator[str]:
    """Yield the words that say more than that there is a digit: those of the numbers have a search of their own."""
    return (word for word in words if not word.isdigit())


def _apply(rule: Rule, text: bytes) -> bytes:
    pattern, replace = _compiled(rule.pattern.encode()), rule.replace
    if replace is None and not pattern.groups:
        return bytes(pattern.sub(sign(rule.kind), text))
    return bytes(pattern.sub(replace or (lambda match: match.group(1) + sign(rule.kind)), text))


def _letter(match: "re2._Match") -> bytes:
    """Return the letter that JSON wrote as a number, unless it would end a string."""
    letter = bytes.fromhex(match.group(1).decode())
    return bytes(match.group()) if letter in (b'"', b"\\", b"\x7f") else letter


def _behind_breaks(text: bytes) -> bytes:
    """Replace tokens that a logger wrapped: cut at the end of a line, going on below."""
    breaks = [match.span() for match in _compiled(_BREAK).finditer(text)]
    joined = bytes(_compiled(_BREAK).sub(b"", text))
    left_out = [0, *accumulate(end - start for start, end in breaks)]
    joints = [start - before for (start, _), before in zip(breaks, left_out, strict=False)]
    spans: list[tuple[int, int, str]] = []
    for number in _worth_trying(joined):
        if _FIRST_OF_TOKENS <= number < _FIRST_OF_SETTINGS:
            rule = _RULES[number]
            for match in _compiled(rule.pattern.encode()).finditer(joined):
                start, end = match.end(1) if match.re.groups else match.start(), match.end()
                if bisect_right(joints, start) != bisect_left(joints, end):
                    last = end - 1 + left_out[bisect_right(joints, end - 1)]
                    spans.append((start + left_out[bisect_right(joints, start)], last + 1, rule.kind))
    after = len(text)
    for start, end, kind in sorted(spans, reverse=True):
        if end <= after:
            text, after = text[:start] + sign(kind) + text[end:], start
    return bytes(_compiled(_TAIL).sub(_rest_of_token, text))


def _rest_of_token(match: "re2._Match") -> bytes:
    """Replace a line that is one word with digits below a line that ends in a secret: the rest of that."""
    word = bytes(match.group(2))
    if not any(byte in b"0123456789" for byte in word):
        return bytes(match.group())
    return bytes(match.group(1)) + sign("secret") + bytes(match.group(3))


@cache
def _compiled(pattern: bytes) -> "re2._Regexp":
    return re2.compile(pattern)
