"""Secrets where they do not belong: in files that are copied, backed up and shown to others."""

from collections.abc import Iterator
from pathlib import Path

from aiops_agent.assembly.redact import redact
from aiops_agent.cli.health.finding import Findings, Place, fail, ok
from aiops_agent.config.load import scalars

_SIGN = "[redacted:"
_PERSONAL = frozenset(("email", "card", "iban", "phone", "citizen_id"))
"""What redaction finds too, and what a configuration may hold."""

_BY_NAME = "secret"
"""What is known by the name before it alone."""

_REFERENCES = ("env:", "file:", "credential:")
_MOST_BYTES = 1 << 20
_READ = frozenset((".yaml", ".yml", ".md"))


def plain_secrets(place: Place) -> Findings:
    """Does the configuration, or what people wrote beside it, hold a token or a password?"""
    hint = (
        "put it into a file of mode 0600 and write file:/PATH in its place; then have a new one given out: it was read"
    )
    files = [place.config.path, *_written(place)]
    for path in files:
        text = path.read_bytes()[:_MOST_BYTES].decode("utf-8", "replace")
        held = _in_lines(text) | (_in_values(text) if path == place.config.path else {})
        for line, kind in sorted(held.items()):
            yield fail(f"{path}:{line} holds what looks like a {kind.replace('_', ' ')}", hint)
    yield ok(f"no secret in the {len(files)} files looked at")


def _written(place: Place) -> Iterator[Path]:
    for folder in (*place.config.playbooks, *place.config.knowledge_base):
        for path in sorted(folder.rglob("*")):
            if path.suffix in _READ and path.is_file():
                yield path


def _in_lines(text: str) -> dict[int, str]:
    """Return what has the form of a token, comments included, by its line."""
    found: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        kinds = _kinds(line) - {_BY_NAME}
        if kinds:
            found[number] = min(kinds)
    return found


def _in_values(text: str) -> dict[int, str]:
    """Return what is a secret by its form or by the name of its key, by its line."""
    found: dict[int, str] = {}
    for line, key, value in scalars(text):
        if not value.startswith(_REFERENCES) and (kinds := _kinds(value) | _kinds(f"{key}: {value}")):
            found[line] = min(kinds)
    return found


def _kinds(text: str) -> set[str]:
    return _signed(redact(text)) - _signed(text) - _PERSONAL


def _signed(text: str) -> set[str]:
    return {part.partition("]")[0] for part in text.split(_SIGN)[1:]}
