"""`diagnose`: what an error record means. Acts on nothing, needs no state."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from aiops_agent.assembly.local import Local
from aiops_agent.assembly.redact import redact
from aiops_agent.cli.output import percent, print_json, safe
from aiops_agent.cli.session import faults, library
from aiops_agent.errors import UsageError
from aiops_agent.model.diagnosis import Diagnosis
from aiops_agent.playbook.catalogue import Catalogue
from aiops_agent.playbook.choose import choose
from aiops_agent.wiring.late import LateDiagnostician
from aiops_agent.wiring.stated import Stated

MAX_CHARACTERS = 1 << 20
"""Of one record: more is no record."""

WORTH_NAMING = 0.01

BATCH = 64
"""Records diagnosed together: enough to keep the model busy, few enough to answer a pipe soon."""


def diagnose(arguments: argparse.Namespace) -> int:
    """Diagnose one record from a file or standard input, or many as JSON lines."""
    if bool(arguments.file) == bool(arguments.jsonl):
        raise UsageError("name one record's FILE (or -), or --jsonl FILE", hint="aiops-agent diagnose --help")
    written = library(arguments.config)
    catalogue = written.playbooks
    asked = Stated(LateDiagnostician(written), Local(faults(arguments.config)))
    with _opened(arguments.jsonl or arguments.file) as stream:
        if not arguments.jsonl:
            text = stream.read(MAX_CHARACTERS)
            [diagnosis] = asked.diagnose([redact(text)], [None])
            answer = as_json(arguments.file, diagnosis, catalogue)
            print_json(answer) if arguments.json else _print(diagnosis, answer)
            records = _records_in(text)
            if records > 1:
                print(f"aiops-agent: {records} error records were taken as one; each by itself:", file=sys.stderr)
                print(f"  aiops-agent replay {'FILE' if arguments.file == '-' else arguments.file}", file=sys.stderr)
            return 0
        lines = _lines(stream, arguments.jsonl)
        while batch := list(islice(lines, BATCH)):
            answers = asked.diagnose([redact(text) for _, text in batch], [None] * len(batch))
            for (identity, _), diagnosis in zip(batch, answers, strict=True):
                print_json(as_json(identity, diagnosis, catalogue))
    return 0


def as_json(identity: str, diagnosis: Diagnosis, catalogue: Catalogue) -> dict[str, object]:
    """Return the object of the contract."""
    prediction, article = diagnosis.prediction, diagnosis.article
    playbook = choose(catalogue, diagnosis, None, {}, privileged=False)
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


def _opened(name: str) -> TextIO:
    if name == "-":
        return os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8", errors="backslashreplace")
    try:
        return Path(name).open(encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error


def _records_in(text: str) -> int:
    """Return how many error records there are: who names a whole log gets an answer about none of them."""
    if "\n" not in text.strip():
        return 1
    from aiops_agent.assembly.assemble import Assembly

    content = text.encode()
    found = Assembly().stretch(0, 0, 0, content)
    found.feed(content)
    found.finish(final=True)
    return sum(sighting.count for sighting in found.take().sightings)


def _lines(stream: TextIO, name: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            yield str(record["id"]), str(record["text"])[:MAX_CHARACTERS]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(
                f'{name}:{number}: is not {{"id": ..., "text": ...}}', hint="one JSON object a line"
            ) from error


def _print(diagnosis: Diagnosis, answer: dict[str, object]) -> None:
    prediction = diagnosis.prediction
    enough = f"sure enough for a playbook of risk {prediction.sure_for.name.lower()}"
    sure = "not sure enough to act on" if prediction.abstained else enough
    others = [f"{a.category} {percent(a.confidence)}" for a in prediction.alternatives if a.confidence >= WORTH_NAMING]
    print(f"category:  {prediction.category}, {percent(prediction.confidence)} ({sure})")
    print(f"because:   {safe(prediction.decided_by)}")
    print(f"else:      {', '.join(others) or 'nothing comes near'}")
    for citation in diagnosis.citations[:3]:
        print(f"article:   {citation.id}  {citation.title}")
    print(f"playbook:  {answer['playbook'] or 'none'}")
