"""The closed vocabulary: every probe and verb a playbook can name, and what each takes."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from aiops_agent.model.playbook import Command, Risk, Scalar
from aiops_agent.noun import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Verb:
    """One word of the vocabulary."""

    summary: str
    """For editors: what it asks or does."""

    arguments: Mapping[str, Kind]
    defaults: Mapping[str, Scalar] = field(default_factory=dict)
    """What an argument is when it is left out; the others must be given."""

    one_of: frozenset[str] = frozenset()
    """Of these arguments exactly one is given."""

    changes: bool = False
    privileged: bool = False
    timeout: timedelta = timedelta(seconds=10)
    least_risk: Risk = Risk.LOW
    """What a playbook with this step should at least declare."""

    written: bool = True
    """False for what only an executor asks for, to undo."""


VERBS: Mapping[str, Verb] = {
    "unit_state": Verb(
        "The unit is loaded and in this state.",
        {"unit": UNIT, "is": choice("active", "inactive", "failed", "activating", "deactivating", "reloading")},
    ),
    "file_exists": Verb("A regular file (not a link) is there.", {"path": PATH}),
    "file_absent": Verb("Nothing is there under this name.", {"path": PATH}),
    "file_unused": Verb(
        "The file is on a local disk, and no process has it open or holds a kernel lock on it. A process that cannot "
        "be looked into counts if it is of the file's owner and started after the file was written.",
        {"path": PATH},
    ),
    "older_than": Verb("The file was last written longer ago than this.", {"path": PATH, "age": DURATION}),
    "process_of": Verb(
        "The process whose number the file begins with is alive, or gone. One that started after the file was "
        "written is not its owner.",
        {"pid_file": PATH, "is": choice("alive", "gone")},
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
    ),
    "compress": Verb(
        "Gzip the files of a folder that match and that nobody has open. Nothing is lost; not undone.",
        {"directory": PATH, "pattern": PATTERN},
        changes=True,
        timeout=timedelta(minutes=5),
        least_risk=Risk.MEDIUM,
    ),
    "restore_file": Verb(
        "Put a copy of another file in place of one that is kept aside. Undone by putting that back.",
        {"path": PATH, "from": PATH},
        changes=True,
        least_risk=Risk.MEDIUM,
    ),
    "signal": Verb(
        "Send a signal to the process whose number the file begins with, of the agent's own user. Not undone.",
        {"pid_file": PATH, "name": choice("TERM", "HUP", "USR1", "USR2")},
        changes=True,
        least_risk=Risk.MEDIUM,
    ),
    "unit": Verb(
        "Ask systemd to act on a unit.",
        {"restart": UNIT, "start": UNIT, "stop": UNIT, "reload": UNIT},
        one_of=frozenset({"restart", "start", "stop", "reload"}),
        changes=True,
        privileged=True,
        timeout=timedelta(seconds=90),
    ),
    "put_back": Verb(
        "Rename a file that was kept aside back to where it was.",
        {"path": PATH, "aside": PATH, "inode": whole_number(0, 2**64), "over": DIGEST},
        changes=True,
        written=False,
    ),
}


def parse(verb: str, arguments: Mapping[str, object]) -> dict[str, Scalar]:
    """Return the arguments as the executor takes them, defaults filled in; they have passed `faults`."""
    kinds = VERBS[verb].arguments
    return {**VERBS[verb].defaults, **{name: kinds[name].parse(value) for name, value in arguments.items()}}


def command(verb: str, arguments: Mapping[str, Scalar]) -> Command:
    """Return a command of the vocabulary, its arguments already parsed."""
    word = VERBS[verb]
    timeout = timedelta(seconds=float(arguments["timeout"])) if "timeout" in word.arguments else word.timeout
    return Command(verb, arguments, word.changes, word.privileged, timeout)


def misfits(verb: str, given: Iterable[str]) -> list[tuple[str, str]]:
    """Return what is wrong with the names of the arguments: (name, what would be right)."""
    word, names = VERBS[verb], set(given)
    wrong = [
        (name, f"is not an argument of {verb}; known: {known(word.arguments)}")
        for name in sorted(names - set(word.arguments))
    ]
    required = set(word.arguments) - set(word.defaults) - word.one_of
    wrong += [(name, f"is missing: {verb} needs it") for name in sorted(required - names)]
    if word.one_of and len(names & word.one_of) != 1:
        wrong.append(("", f"{verb} takes exactly one of {known(word.one_of)}"))
    return wrong


def known(names: Iterable[str]) -> str:
    """Return names as a list for people."""
    return ", ".join(sorted(names))


def writable(*, changes: bool) -> dict[str, Verb]:
    """Return the probes (`changes` False) or the steps that a playbook can name."""
    return {name: word for name, word in VERBS.items() if word.written and word.changes is changes}


def schema(*, changes: bool) -> dict[str, object]:
    """Return the JSON Schema of one probe or one step."""
    return {"oneOf": [_word_schema(name, word) for name, word in writable(changes=changes).items()]}


def _word_schema(name: str, word: Verb) -> dict[str, object]:
    parameter = {"type": "string", "pattern": "^\\$[a-z][a-z0-9_]*$"}
    properties = {argument: {"anyOf": [dict(kind.schema), parameter]} for argument, kind in word.arguments.items()}
    body: dict[str, object] = {
        "type": "object",
        "description": word.summary,
        "properties": properties,
        "required": sorted(set(word.arguments) - set(word.defaults) - word.one_of),
        "additionalProperties": False,
    }
    if word.one_of:
        body["oneOf"] = [{"required": [argument]} for argument in sorted(word.one_of)]
    return {"type": "object", "properties": {name: body}, "required": [name], "additionalProperties": False}
