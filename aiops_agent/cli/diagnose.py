"""`diagnose`: what an error record means. Acts on nothing, needs no state."""

import argparse
import json
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.local import Local
from aiops_agent.assembly.redact import redact
from aiops_agent.cli.explained import explained, labelled, reasons
from aiops_agent.cli.output import print_json
from aiops_agent.cli.session import faults, library, mode, stages, taught
from aiops_agent.errors import UsageError
from aiops_agent.fork import Answer, Hand, dealt, hands
from aiops_agent.model.diagnosis import Diagnosis
from aiops_agent.model.event import Fingerprint
from aiops_agent.model.explanation import Explanation
from aiops_agent.model.playbook import Playbook
from aiops_agent.model.signature import Signature
from aiops_agent.playbook.catalogue import Catalogue
from aiops_agent.playbook.choose import choose
from aiops_agent.state.exemplars import Exemplars
from aiops_agent.wiring.diagnostician import LateDiagnostician
from aiops_agent.wiring.stated import Stated

MAX_CHARACTERS = 1 << 20
"""Of one record: more is no record."""

BATCH = 64
"""Records diagnosed together: enough to keep the model busy, few enough to answer a pipe soon."""

LONG = 1 << 18
"""Bytes of a file of records from which on several processes share them: each takes a second to load the model."""

MOST_HANDS = 4
"""Each holds 170 MB, on a host that may be in trouble."""

Batch = list[tuple[str, str]]
"""Identity and text of some records."""


def diagnose(arguments: argparse.Namespace) -> int:
    """Diagnose one record from a file or standard input, or many as JSON lines."""
    if bool(arguments.file) == bool(arguments.jsonl):
        raise UsageError("name one record's FILE (or -), or --jsonl FILE", hint="aiops-agent diagnose --help")
    # The file first: who reads the state as root becomes the owner of it.
    with (
        _opened(arguments.jsonl or arguments.file, is_json=bool(arguments.jsonl)) as stream,
        taught(arguments.config) as exemplars,
    ):
        answering = _Answering(arguments.config, exemplars)
        if arguments.jsonl:
            refused: list[UsageError] = []
            batches = _batches(_records(stream, arguments.jsonl), refused)
            with hands(answering.by_line, answering.most_hands(stream)) as helping:
                for answer in _answers(batches, answering, helping):
                    print_json(answer)
            for error in refused:
                raise error
            return 0
        text = _text(stream, arguments.file)
        if arguments.json:
            [diagnosis] = answering.diagnoses([text])
            print_json(as_json(arguments.file, diagnosis, answering.library.playbooks))
        else:
            print("\n".join(answering.words(text)))
    records = len(_records_in(text, answering.assembly))
    if records > 1:
        print(f"aiops-agent: {records} error records were taken as one; each by itself:", file=sys.stderr)
        print(f"  aiops-agent replay {'FILE' if arguments.file == '-' else arguments.file}", file=sys.stderr)
    return 0


class _Answering:
    """What answers, by the configuration that a command was given."""

    def __init__(self, config: str | None, exemplars: Exemplars | None) -> None:
        local = Local(faults(config))
        self.library = library(config)
        self.assembly = Assembly(local)
        self._config = config
        self._exemplars = exemplars if exemplars and exemplars.count() else None
        self._asked = Stated(LateDiagnostician(self.library, exemplars=lambda: self._exemplars, keeps=False), local)

    def diagnoses(self, texts: Sequence[str]) -> list[Diagnosis]:
        """Return one diagnosis for each record, in order."""
        known = [self._said(text) for text in texts]
        others = [redact(text) for text, said in zip(texts, known, strict=True) if said is None]
        found = iter(self._asked.diagnose(others, [None] * len(others)) if others else ())
        return [said or next(found) for said in known]

    def answers(self, batch: Batch) -> list[dict[str, object]]:
        """Return the objects of the contract for these records, in order."""
        diagnoses = self.diagnoses([text for _, text in batch])
        pairs = zip(batch, diagnoses, strict=True)
        return [as_json(identity, diagnosis, self.library.playbooks) for (identity, _), diagnosis in pairs]

    @contextmanager
    def by_line(self) -> Iterator[Answer]:
        """Yield what `answers` does for a batch that is a line of JSON."""
        yield lambda request: json.dumps(self.answers(json.loads(request))).encode()

    def most_hands(self, stream: TextIO) -> int:
        """Return how many processes may share the records: several those of a long file.

        None a short one's, and none those of a pipe, which wants its answers soon. None where people have named faults:
        what they said is opened by one process, which then tells what it could not believe.
        """
        is_long = os.fstat(stream.fileno()).st_size >= LONG
        return MOST_HANDS if is_long and self._exemplars is None else 0

    def words(self, text: str) -> Iterator[str]:
        """Yield in words, for a person, what one record means, what would be done about it, and why not more."""
        said, text_shown = self._said(text), redact(text)
        explanation = Explanation(said) if said else self._asked.explain(text_shown, None)
        diagnosis = explanation.diagnosis
        articles = [(citation, self.library.articles.get(citation.id)) for citation in diagnosis.citations]
        playbook = chosen(diagnosis, self.library.playbooks)
        yield from explained(explanation, articles, playbook.name if playbook else None, text_shown)
        yield from labelled("not more", *self._why_not_more(diagnosis, playbook))

    def _said(self, text: str) -> Diagnosis | None:
        """Return what a person said of the very fault of a record; None: nothing. Needs no model."""
        said = self._exemplars.of(_fault_of(text, self.assembly)) if self._exemplars else None
        if said is None:
            return None
        if said.edition == self.library.edition:
            article = self.library.article(said.article) if said.article else None
            return said.diagnosis((article,) if article else ())
        return said.diagnosis(self._asked.cite(redact(text), None, said.category))

    def _why_not_more(self, diagnosis: Diagnosis, playbook: Playbook | None) -> Iterator[str]:
        from aiops_agent.chat.compose import TemplateComposer  # it loads a library that `--jsonl` does not need

        why, now = TemplateComposer().why, datetime.now(UTC)
        yield "This only looks: nothing is done, and no service is named that anything could be done to."
        if playbook:
            stage = stages(self._config, [playbook])[playbook.name]
            signature = self.library.signature(playbook, now)
            if playbook.privileged:
                yield "The playbook needs root: only the root executor runs it."
        else:
            stage, signature = None, Signature.UNSIGNED
        for reason in reasons(diagnosis.prediction, playbook, mode(self._config), signature, stage):
            yield why(reason, "en")


def _answers(batches: Iterator[Batch], answering: _Answering, helping: Sequence[Hand]) -> Iterator[dict[str, object]]:
    """Yield the answer to each record, in order: those of a hand where there are any, else our own."""
    if not helping:
        for batch in batches:
            yield from answering.answers(batch)
        return
    given: deque[Batch] = deque()

    def requests() -> Iterator[bytes]:
        for batch in batches:
            given.append(batch)
            yield json.dumps(batch).encode()

    for answer in dealt(requests(), helping):
        batch = given.popleft()
        yield from answering.answers(batch) if answer is None else json.loads(answer)


def chosen(diagnosis: Diagnosis, catalogue: Catalogue) -> Playbook | None:
    """Return the playbook for a diagnosis on a service that is not known, if there is one."""
    return choose(catalogue, diagnosis, None, {}, privileged=False)


def as_json(identity: str, diagnosis: Diagnosis, catalogue: Catalogue) -> dict[str, object]:
    """Return the object of the contract."""
    prediction, article = diagnosis.prediction, diagnosis.article
    playbook = chosen(diagnosis, catalogue)
    return {
        "id": identity,
        "category": prediction.category,
        "confidence": round(prediction.confidence, 4),
        "abstained": prediction.abstained,
        "alternatives": [
            {"category": a.category, "confidence": round(a.confidence, 4)} for a in prediction.alternatives
        ],
        "article": {"id": article.id, "title": article.title, "score": round(article.score, 4)} if article else None,
        "playbook": playbook.name if playbook else None,
    }


def _opened(name: str, *, is_json: bool) -> TextIO:
    errors = "replace" if is_json else "backslashreplace"  # a backslash would be an escape to JSON
    if name == "-":
        if sys.stdin is None:
            raise UsageError("there is no standard input to read", hint="name a FILE instead of -")
        return os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8", errors=errors)
    try:
        return Path(name).open(encoding="utf-8", errors=errors)
    except OSError as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: OSError) -> UsageError:
    return UsageError(f"{name} cannot be read: {error.strerror}")


def _text(stream: TextIO, name: str) -> str:
    try:
        return stream.read(MAX_CHARACTERS)
    except OSError as error:
        raise _unreadable(name, error) from error


def _records_in(text: str, assembly: Assembly) -> list[Fingerprint]:
    """Return the faults of the error records there are: who names a whole log gets an answer about none of them."""
    content = text.encode(errors="surrogateescape")
    found = assembly.stretch(0, 0, 0, content)
    found.feed(content)
    found.finish(final=True)
    return [sighting.fingerprint for sighting in found.take().sightings for _ in range(sighting.count)]


def _fault_of(text: str, assembly: Assembly) -> Fingerprint:
    """Return the fault of one record, as a scan would count it."""
    found = _records_in(text if text.endswith("\n") else f"{text}\n", assembly)
    return found[0] if len(found) == 1 else fingerprint(text.strip("\n"))[0]


def _batches(records: Iterator[tuple[str, str]], refused: list[UsageError]) -> Iterator[Batch]:
    """Yield the records some at a time; one that is refused ends them and is put into `refused`."""
    while not refused:
        batch = []
        try:
            for record in islice(records, BATCH):
                batch.append(record)  # noqa: PERF402 - what was read stays when the next is refused
        except UsageError as error:
            refused.append(error)
        if not batch:
            return
        yield batch


def _records(stream: TextIO, name: str) -> Iterator[tuple[str, str]]:
    """Yield identity and text of each line.

    Raises:
        UsageError: A line is no such object, or the file cannot be read on.
    """
    for number, line in enumerate(_lines(stream, name), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            identity, text = record["id"], record["text"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _no_record(name, number) from error
        if not isinstance(identity, str | int) or isinstance(identity, bool) or not isinstance(text, str):
            raise _no_record(name, number)
        yield str(identity), text[:MAX_CHARACTERS]


def _no_record(name: str, number: int) -> UsageError:
    return UsageError(f'{name}:{number}: is not {{"id": "...", "text": "..."}}', hint="one JSON object a line")


def _lines(stream: TextIO, name: str) -> Iterator[str]:
    try:
        yield from stream
    except OSError as error:
        raise _unreadable(name, error) from error
