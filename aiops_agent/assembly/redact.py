"""Secrets and personal data are replaced before a text is kept, sent or classified."""

from bisect import bisect_left, bisect_right
from functools import cache, lru_cache
from itertools import accumulate

import ahocorasick_rs
import re2

from aiops_agent.assembly.credentials import FRAMES, LINES, SETTINGS
from aiops_agent.assembly.personal import DIGITS, EMAIL, LONG, PERSONAL
from aiops_agent.assembly.rule import Rule, sign
from aiops_agent.assembly.tokens import TOKENS

_RULES = (*FRAMES, *TOKENS, *SETTINGS, EMAIL, *LINES, *PERSONAL)
"""In the order in which they are tried: the frame before what stands in it, the form before the key."""

_FIRST_OF_TOKENS, _FIRST_OF_SETTINGS = len(FRAMES), len(FRAMES) + len(TOKENS)
_FIRST_OF_LONG = len(_RULES) - len(LINES) - len(PERSONAL)

_MOST_PASSES = 8
"""A pass may uncover what the next one finds. No text was seen to need more than three."""

_LOOKED_AT_AGAIN = 64
"""Bytes: what is longer was looked at once, which keeps the time linear."""

_MOST_LINES_OF_TOKEN = 3
"""Lines below a token that are looked at one by one for having no part in it."""

_BEFORE_A_COLOUR = (b"\x1b", b"\\", b"#033", b"^[")
_COLOUR = rb"(?:\x1b|\\u001b|\\x1b|\\033|\\e|#033|\^\[)\[[0-9;]{0,20}m"
_ESCAPED = rb"\\u00([2-7][0-9a-fA-F])"
_BREAK = rb"\r?\n[ \t]*"
_TAIL = rb"(\[redacted:\w+\]\s*?\n[ \t]*)([A-Za-z0-9+/_=-]{2,})([ \t]*(?:\n|\z))"


def redact(text: str) -> str:
    """Return `text` with every secret replaced by `[redacted:KIND]`; doing it again changes nothing.

    Colour codes are taken out and letters that JSON wrote as numbers are written as letters, because either may stand
    in the middle of a secret. Error numbers, paths, addresses and class names stay: diagnosis needs them.
    """
    before = text.encode("utf-8", "backslashreplace")
    for _ in range(_MOST_PASSES):
        after = _once(before)
        if after == before:
            break
        before = after
    return before.decode()


redact_record = lru_cache(maxsize=1)(redact)
"""The same, for the record of a new fault: it is redacted for its fingerprint, and again for what is kept of it."""


def _once(text: bytes) -> bytes:
    if b"[" in text and any(sign in text for sign in _BEFORE_A_COLOUR):
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
    lowered = text.lower()
    words = {word for word, _, _ in finder.find_matches_as_indexes(lowered, overlapping=True)}
    found = {number for word in words for number in rules_of[word]}
    if _compiled(LONG.encode()).search(text):
        found.update(range(_FIRST_OF_LONG, len(_RULES)))
    return sorted(number for number in found if _has_also(number, lowered))


def _has_also(number: int, lowered: bytes) -> bool:
    return any(mark.encode() in lowered for mark in _RULES[number].also)


@cache
def _keywords() -> tuple[ahocorasick_rs.BytesAhoCorasick, list[list[int]]]:
    """Return the automaton of all keywords and, for each of them, the numbers of its rules."""
    numbers: dict[str, list[int]] = {}
    for number, rule in enumerate(_RULES):
        if rule.keywords is not DIGITS:  # the numbers have a search of their own
            for word in rule.keywords:
                numbers.setdefault(word, []).append(number)
    return ahocorasick_rs.BytesAhoCorasick([word.encode() for word in numbers]), list(numbers.values())


def _apply(rule: Rule, text: bytes) -> bytes:
    pattern = _compiled(rule.pattern.encode())
    if rule.replace is None and not pattern.groups:
        return bytes(pattern.sub(sign(rule.kind), text))
    pieces: list[bytes] = []
    at = 0
    while match := pattern.search(text, at):
        start, end = match.span()
        said = rule.replace(match) if rule.replace else match.group(1) + sign(rule.kind)
        if said == match.group() and pattern.groups and at < match.end(1) < end <= match.end(1) + _LOOKED_AT_AGAIN:
            end = match.end(1)  # a value that is none may be the key of the next
            said = match.group()[: end - start]
        pieces += (text[at:start], said)
        at = end
    return b"".join((*pieces, text[at:])) if pieces else text


def _letter(match: "re2._Match") -> bytes:
    """Return the letter that JSON wrote as a number, unless it would end a string."""
    letter = bytes.fromhex(match.group(1).decode())
    return bytes(match.group()) if letter in (b'"', b"\\", b"\x7f") else letter


def _behind_breaks(text: bytes) -> bytes:
    """Replace tokens that a logger wrapped: cut at the end of a line, going on below."""
    unbroken = b"".join(line.strip() for line in text.split(b"\n"))
    if any(_is_of_token(number) for number in _worth_trying(unbroken)):
        text = _joined_again(text)
    return bytes(_compiled(_TAIL).sub(_rest_of_token, text)) if b"[redacted:" in text else text


def _is_of_token(number: int) -> bool:
    return _FIRST_OF_TOKENS <= number < _FIRST_OF_SETTINGS


def _joined_again(text: bytes) -> bytes:
    """Replace the tokens that are there when the breaks between lines are taken out."""
    breaks = [match.span() for match in _compiled(_BREAK).finditer(text)]
    joined = bytes(_compiled(_BREAK).sub(b"", text))
    left_out = [0, *accumulate(end - start for start, end in breaks)]
    joints = [start - before for (start, _), before in zip(breaks, left_out, strict=False)]
    spans: list[tuple[int, int, str]] = []
    for number in _worth_trying(joined):
        if _is_of_token(number):
            rule = _RULES[number]
            for match in _compiled(rule.pattern.encode()).finditer(joined):
                start = match.end(1) if match.re.groups else match.start()
                end = _end_of_token(rule, joined, match, joints)
                if bisect_right(joints, start) != bisect_left(joints, end):
                    last = end - 1 + left_out[bisect_right(joints, end - 1)]
                    spans.append((start + left_out[bisect_right(joints, start)], last + 1, rule.kind))
    after = len(text)
    for start, end, kind in sorted(spans, reverse=True):
        if end <= after:
            text, after = text[:start] + sign(kind) + text[end:], start
    return text


def _rest_of_token(match: "re2._Match") -> bytes:
    """Replace a line that is one word with digits below a line that ends in a secret: the rest of that."""
    word = bytes(match.group(2))
    if not any(byte in b"0123456789" for byte in word):
        return bytes(match.group())
    return bytes(match.group(1)) + sign("secret") + bytes(match.group(3))


def _end_of_token(rule: Rule, joined: bytes, match: "re2._Match", joints: list[int]) -> int:
    """Return where a token ends that may have taken in the first word of the line below it."""
    start, end = int(match.start()), int(match.end())
    for _ in range(_MOST_LINES_OF_TOKEN):
        joint = joints[bisect_left(joints, end) - 1] if joints and joints[0] < end else start
        goes_on = any(byte in b"0123456789" for byte in joined[joint:end])
        whole = _compiled(rule.pattern.encode()).match(joined[:joint], start) if joint > start else None
        if goes_on or not whole or whole.end() != joint:
            break
        end = joint
    return end


@cache
def _compiled(pattern: bytes) -> "re2._Regexp":
    return re2.compile(pattern)
