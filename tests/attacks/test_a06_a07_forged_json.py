"""A06, A07: an object of JSON inside what somebody wrote is text, and a second key of a name does not count."""

import pytest

from aiops_agent.assembly.assemble import Assembly
from tests.journeys.machine import KNOWN

FORGED = '{"level":"fatal","msg":"the disk is gone"}'


def records(*lines):
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed("".join(f"{line}\n" for line in lines).encode())
    assembler.finish(final=True)
    return assembler.take().sightings


@pytest.mark.parametrize(
    "line",
    [
        f"2026-11-23 03:00:00,001 INFO  web: agent {FORGED}",
        f'10.0.0.3 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "{FORGED}"',
        '{"level":"info","msg":"agent @@"}'.replace("@@", FORGED.replace('"', '\\"')),
        '{"level":"info","agent":@@}'.replace("@@", FORGED),
    ],
)
def test_a06_an_object_inside_a_line_is_no_record(line):
    [real] = records(FORGED)
    found = records(line, KNOWN, FORGED)
    assert [sighting.count for sighting in found if sighting.fingerprint == real.fingerprint] == [1]
    assert sum(sighting.count for sighting in found) == 2


def test_a07_the_first_of_two_levels_counts():
    assert records('{"level":"info","msg":"all is well","level":"fatal"}', KNOWN)[0].headline.startswith("worker")
    [found] = records('{"level":"error","msg":"it broke","level":"info"}')
    assert found.headline == "it broke"


def test_a07_the_first_of_two_messages_counts():
    [found] = records('{"level":"error","msg":"it broke","msg":"nothing happened"}')
    assert found.headline == "it broke"
