"""Two hundred kills of a writer that does everything a log can be asked for; each is counted."""

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest

from aiops_agent.audit import session
from aiops_agent.audit.journal import Journal
from aiops_agent.audit.record import Type
from aiops_agent.audit.show import show
from aiops_agent.model.audit import AuditEntry
from tests.audit.logs import NOON, Log, entry, kind, records
from tests.audit.test_crash import in_child

KILLS = 200
STEP = timedelta(minutes=10)
KEPT = timedelta(hours=20)
"""So that there is something to remove after 120 entries."""

SMALL_SEGMENT = 20_000


def at(number: int) -> AuditEntry:
    """Return the entry of that number; every fifth is an intent, which is signed for at once."""
    plain = entry(number, NOON + number * STEP)
    return plain if number % 5 else AuditEntry(plain.time, "agent", "intent", plain.subject, {"argv": "true"})


def write_on(log: Log, number: int, writer: int) -> None:
    """Append singly and in groups, close, begin new segments, remove old ones; tell of each entry that is durable."""
    session._SEGMENT_BYTES = SMALL_SEGMENT
    journal = Journal(log.audit, log.keys)
    while True:
        group = [at(number + each) for each in range(1 + number % 3 * 4)]
        journal.append(*group)
        number += len(group)
        os.write(writer, number.to_bytes(4, "big"))
        if number % 4 == 0:
            journal.close()
        if number % 7 == 0:
            journal.retire(group[-1].time - KEPT, group[-1].time)


def killed_after(log: Log, number: int, acknowledgements: int, delay: float) -> int:
    """Kill a writer that begins with entry `number`; return the number of the first that it did not tell of."""
    pid, reader = in_child(lambda writer: write_on(log, number, writer))
    with os.fdopen(reader, "rb") as pipe:
        heard = pipe.read(4 * acknowledgements)
        time.sleep(delay)  # or every kill would meet the writer behind a write to the pipe
        os.kill(pid, signal.SIGKILL)
        heard += pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    return int.from_bytes(heard[-4:], "big") if heard else number


@pytest.mark.slow
def test_two_hundred_kills_lose_no_acknowledged_entry_and_every_restart_is_explained(tmp_path):
    log = Log(tmp_path)
    chance = random.Random(20261126)
    found = Counter()
    number = 0
    for _ in range(KILLS):
        begun = number
        number = killed_after(log, number, chance.randrange(12), chance.uniform(0, 0.004))
        found["acknowledged"] += number - begun
        left = kind(log.verify())
        found[left] += 1
        number += 10  # what the killed writer may have written without telling
        log.write(entry(number, NOON + number * STEP))
        report = log.verify()
        assert report.intact, report.first_bad
        newest = records(max(log.audit.iterdir()).read_bytes())
        explained = newest[0][5] == Type.UNCLEAN_START and len(newest) == 3
        assert explained == (left != "intact")
        found["explained"] += explained
        number += 1
        shown = {each.subject for each in show(log.audit, log.keys)}
        oldest = number - KEPT // STEP if report.dropped else 0
        lost = {at(each).subject for each in range(max(begun, oldest), number - 11)} - shown
        assert lost == set()
        found["rolled"] = max(found["rolled"], len(list(log.audit.iterdir())))
    found["removed by retention"] = log.verify().dropped
    print(dict(found))
    assert found["explained"] == KILLS - found["intact"]
    assert found["explained"] > KILLS / 4, "about half of them fall into an open session"
    assert found["removed by retention"] > 1000
    assert found["acknowledged"] > 1000
