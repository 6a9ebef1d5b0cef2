"""The closed vocabulary: every probe and verb a playbook can name, and what each takes."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from aiops_agent.model.playbook import Command, Scalar
from aiops_agent.model.risk import Risk
from aiops_agent.playbook import words
from aiops_agent.playbook.kinds import (
    DIGEST,
    DURATION,
    HOST,
    PATH,
    PATTERN,
    PERCENT,
    PORT,
    UNIT,
    URL,
    Kind,
    choice,
    whole_number,
)
from aiops_agent.playbook.verb import Verb

MOST_WORDS = 64
"""Of a list, such as the words of a command."""

VERBS: Mapping[str, Verb] = {
    **words.PROBES,
    **words.STEPS,
    "file_exists": Verb("A regular file (not a link) is there.", {"path": PATH}),
    "file_absent": Verb("Nothing is there under this name.", {"path": PATH}),
    "file_unused": Verb(
        "The file is on a local disk, and no process has it open or holds a kernel lock on it. A process that cannot "
        "be looked into counts if it is of the file's owner and started after the file was written.",
        {"path": PATH},
    ),
    "older_than": Verb("The file was last written longer ago than this.", {"path": PATH, "age": DURATION}),
    "process_of": Verb(
        "The process whose number the file begins with, or the main process of the unit, is alive, or gone. One that "
        "started after the file was written is not its owner.",
        {"pid_file": PATH, "unit": UNIT, "is": choice("alive", "gone")},
        one_of=frozenset({"pid_file", "unit"}),
    ),
    "http": Verb(
        "A GET is answered with this status in time; redirects are not followed.",
        {"url": URL, "status": whole_number(100, 599), "timeout": DURATION},
        {"status": 200, "timeout": 5},
    ),
    "http_down": Verb(
        "Nothing answers: refused, broken off, or silent until the time is over. Any status is an answer.",
        {"url": URL, "timeout": DURATION},
        {"timeout": 5},
    ),
    "port": Verb(
        "A TCP port accepts connections, or refuses them.", {"host": HOST, "port": PORT, "is": choice("open", "closed")}
    ),
    "disk_use": Verb(
        "So much of the file system is used, in percent, as df shows it.",
        {"path": PATH, "above": PERCENT, "below": PERCENT},
        one_of=frozenset({"above", "below"}),
    ),
    "config": Verb(
        "The file can be parsed, or not. Its settings are not judged.",
        {"path": PATH, "format": choice("json", "yaml", "toml", "ini"), "is": choice("valid", "invalid")},
    ),
    "move_aside": Verb(
        "Rename a regular file to NAME.aside-TIME in its folder. Undone by renaming it back.",
        {"path": PATH},
        changes=True,
        rooted={"path": False},
        as_root=True,
        is_undone=True,
    ),
    "compress": Verb(
        "Gzip the files of a folder that match and that nobody has open. Nothing is lost; not undone.",
        {"directory": PATH, "pattern": PATTERN},
        changes=True,
        timeout=timedelta(minutes=5),
        least_risk=Risk.MEDIUM,
        rooted={"directory": True},
    ),
    "restore_file": Verb(
        "Put a copy of another file in place of one that is kept aside. Undone by putting that back.",
        {"path": PATH, "from": PATH},
        changes=True,
        least_risk=Risk.MEDIUM,
        rooted={"path": False, "from": False},
        as_root=True,
        is_undone=True,
    ),
    "put_back": Verb(
        "Rename a file that was kept aside back to where it was.",
        {"path": PATH, "path_root": PATH, "aside": PATH, "inode": whole_number(0, 2**64), "over": DIGEST},
        changes=True,
        written=False,
    ),
}


def command(
    verb: str,
    arguments: Mapping[str, Scalar],
    *,
    timeout: timedelta | None = None,
    privileged: bool = False,
    probe: Command | None = None,
) -> Command:
    """Return a command of the vocabulary, its arguments already parsed.

    Args:
        verb: The word.
        arguments: What it takes; `timeout` and `within` among them say how long.
        timeout: How long at the most, where that is said beside the word.
        privileged: Done as root, although the word itself does not need it.
        probe: What is waited for.
    """
    word = VERBS[verb]
    said = next((arguments[name] for name in ("timeout", "within") if name in word.arguments), None)
    usual = timedelta(seconds=said) if isinstance(said, int | float) else word.timeout
    return Command(verb, arguments, word.changes, word.privileged or privileged, timeout or usual, probe)


def misfits(verb: str, given: Iterable[str]) -> list[tuple[str, str]]:
    """Return what is wrong with the names of the arguments: (name, what would be right)."""
    word, names = VERBS[verb], set(given)
    wrong = [(name, f"is not an argument of {verb}; known: {known(word.takes)}") for name in sorted(names - word.takes)]
    required = word.required | ({"probe"} if word.waits_for_probe else set())
    wrong += [(name, f"is missing: {verb} needs it") for name in sorted(required - names)]
    if word.one_of and len(names & word.one_of) != 1:
        wrong.append(("", f"{verb} takes exactly one of {known(word.one_of)}"))
    return wrong


def known(names: Iterable[str]) -> str:
    """Return names as a list for people."""
    return ", ".join(sorted(names))


def writable(place: str) -> dict[str, Verb]:
    """Return what a playbook can name under `evidence`, `steps`, `verify` or `undo`."""

    def belongs(word: Verb) -> bool:
        if place in {"steps", "undo"}:
            return word.changes or (word.waits_for_probe and place == "steps")
        return not word.changes and not word.waits_for_probe and (place == "verify" or not word.only_in_verify)

    return {name: word for name, word in VERBS.items() if word.written and belongs(word)}


def schema(place: str) -> dict[str, object]:
    """Return the JSON Schema of one item under `evidence`, `steps`, `verify` or `undo`."""
    return {"oneOf": [_word_schema(name, word) for name, word in writable(place).items()]}


def _word_schema(name: str, word: Verb) -> dict[str, object]:
    body: dict[str, object] = {
        "type": "object",
        "description": word.summary,
        "properties": {argument: _argument_schema(kind) for argument, kind in word.arguments.items()},
        "required": sorted(word.required),
        "additionalProperties": False,
    }
    if word.waits_for_probe:
        body["properties"] = {"within": dict(DURATION.schema), "probe": schema("evidence")}
        body["required"] = ["probe", "within"]
    if word.one_of:
        body["oneOf"] = [{"required": [argument]} for argument in sorted(word.one_of)]
    properties: dict[str, object] = {name: body}
    if "timeout" not in word.arguments and not word.waits_for_probe:
        properties["timeout"] = {**DURATION.schema, "description": "How long it may take."}
    if word.as_root:
        properties["as"] = {"enum": ["root"], "description": "Done by the executor with root."}
    return {"type": "object", "properties": properties, "required": [name], "additionalProperties": False}


def _argument_schema(kind: Kind) -> dict[str, object]:
    parameter = {"type": "string", "pattern": "^\\$[a-z][a-z0-9_]*$"}
    value: dict[str, object] = dict(kind.schema) if kind.literal else {"anyOf": [dict(kind.schema), parameter]}
    return {"type": "array", "items": value, "minItems": 1, "maxItems": MOST_WORDS} if kind.many else value
