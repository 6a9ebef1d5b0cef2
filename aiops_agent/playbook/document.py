"""YAML text -> plain data and the line of every key: the part of YAML that means the same to every reader."""

from collections.abc import Iterator

import yaml

from aiops_agent.errors import Fault
from aiops_agent.noun import dataclass, field

MOST_BYTES = 64 * 1024
_DEEPEST = 12
_INTEGER_DIGITS = 18

Place = tuple[str | int, ...]


class _UnreadableError(Exception):
    """Reading on would only repeat the fault."""


@dataclass(slots=True)
class Document:
    """One file, read."""

    file: str
    data: object = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, place: Place, message: str) -> None:
        """Note what is wrong at a place, on the line of the deepest part of it that stands in the file."""
        known = next((place[:end] for end in range(len(place), -1, -1) if place[:end] in self.lines), ())
        self._note(self.lines.get(known, 1), place, message)

    def _note(self, line: int, place: Place, message: str) -> None:
        self.faults.append(Fault(self.file, line, ".".join(map(str, place)), message))

    def read(self, content: bytes) -> None:
        """Fill in the data, or the faults that keep it from being read."""
        if len(content) > MOST_BYTES:
            self._note(0, (), f"is longer than {MOST_BYTES // 1024} KiB; a playbook is a page")
            return
        try:
            events = yaml.parse(content.decode("utf-8"), Loader=yaml.CSafeLoader)
            self._read_stream(events)
        except UnicodeDecodeError:
            self._note(0, (), "is not UTF-8 text")
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            self._note(line, (), f"is not YAML: {error.problem}{_way_out(str(error.problem))}")
        except yaml.YAMLError:
            self._note(0, (), "is not YAML: it has characters that no text has")
        except _UnreadableError as error:
            self._note(0, (), str(error))

    def _read_stream(self, events: Iterator[yaml.Event]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._note(_line(event), (), "a second document begins here; one playbook is one file")
                    return
                self.data = self._value(next(events), events, ())
        if documents == 0:
            self._note(0, (), "is empty")

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], place: Place) -> object:
        line = _line(event)
        self.lines.setdefault(place, line)
        if len(place) > _DEEPEST:
            raise _UnreadableError(f"is nested deeper than {_DEEPEST} levels (line {line})")
        self._refuse_references(event, place)
        match event:
            case yaml.MappingStartEvent():
                return self._mapping(events, place)
            case yaml.SequenceStartEvent():
                return [self._value(item, events, (*place, n)) for n, item in enumerate(_until_end(events))]
            case yaml.ScalarEvent():
                return _scalar(event.value) if event.implicit[0] else event.value
            case _:
                return None

    def _refuse_references(self, event: yaml.Event, place: Place) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._note(_line(event), place, "is an alias (*); write the value itself")
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            if event.anchor is not None:
                self._note(_line(event), place, "has an anchor (&); write each value where it is used")
            if event.tag is not None:
                self._note(_line(event), place, f"has the tag {event.tag}; tags are not taken, write the plain value")

    def _mapping(self, events: Iterator[yaml.Event], place: Place) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for event in _until_end(events):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise _UnreadableError(f"has a key that is not a word (line {line})")
            key = str(event.value)
            within = (*place, key)
            if key in mapping:
                self._note(line, within, "stands twice; keep one")
            self.lines[within] = line
            mapping[key] = self._value(next(events), events, within)
        return mapping


def _way_out(problem: str) -> str:
    """Return what a person may not see in the words of the parser."""
    if "expected ',' or" in problem or "mapping values are not allowed" in problem:
        return '; text that holds `: `, `,`, `{` or `[` stands in quotes: "..."'
    return ""


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _until_end(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    for event in events:
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            return
        yield event


def _scalar(text: str) -> str | int | bool | None:
    """Return what an unquoted word means, by the few forms that no two readers take differently.

    `no`, `off`, `012`, `1e3` and `12:30:45` stay text, which the schema refuses where a number or a switch belongs.
    """
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    digits = text.removeprefix("-")
    if (
        digits.isascii()
        and digits.isdecimal()
        and len(digits) <= _INTEGER_DIGITS
        and (digits == "0" or digits[0] != "0")
    ):
        return int(text)
    return text
