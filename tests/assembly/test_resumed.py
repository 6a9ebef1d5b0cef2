"""A reading that is cut between any two chunks, and taken up again from what it left, counts what one reading does."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from tests.assembly.test_interleaved import JAVA, POSTGRES, TRACE, kernel, postgres, syslog, written
from tests.examples import some_and_many

REPORT = ["BUG: unable to handle page fault", "RIP: 0010:{0}", "Call Trace:", " {0}_open+0x1d", "---[ end ]---"]
KINDS = [(syslog, TRACE), (syslog, JAVA), (postgres, POSTGRES), (kernel, REPORT), (syslog, ["error: {0} is gone"])]
PLAIN = [
    "2026-11-22 10:00:00,123 ERROR [main] shop.Orders - order failed",
    "java.io.IOException: gone",
    "\tat shop.Client.send(Client.java:12)",
]


def log(seed):
    """Return the lines of some writers, each writer's in order."""
    chance = random.Random(seed)
    queues = []
    for number in range(chance.randrange(1, 6)):
        form, lines = chance.choice(KINDS)
        calm = form("calm" if form is not kernel else "0", number, "all is well") if form is not postgres else ""
        one = written(form, f"shop{number}" if form is not kernel else f"{number}", number + 1, lines)
        queues.append(
            [line for _ in range(chance.randrange(1, 8)) for line in (*one, *[calm] * chance.randrange(3)) if line]
        )
    text = []
    while queues:
        queue = chance.choice(queues)
        text += [queue.pop(0) for _ in range(min(len(queue), chance.choice((1, 1, 2, 5))))]
        queues = [queue for queue in queues if queue]
        if chance.random() < 0.05:
            text += PLAIN
    return "\n".join([*text, ""]).encode()


def counted(found, gathered):
    for sighting in gathered.sightings:
        found[sighting.fingerprint] += sighting.count


def read(data, size, cuts, *, ticks=False):
    """Return what is counted by readings that end after the chunks of these numbers, and the last at the end.

    `ticks`: there was no more to read where they end, else they were killed there.
    """
    found = Counter()
    start = offset = record_end = 0
    for cut in (*sorted(cuts), None):
        reading = Assembly().stretch(start, offset, record_end)
        chunks = [data[at : at + size] for at in range(start, len(data), size)]
        for chunk in chunks[:cut]:
            reading.feed(chunk)
        if cut is None or ticks:
            reading.finish(final=cut is None)
        elif not reading.may_be_cut:
            continue
        gathered = reading.take()
        counted(found, gathered)
        start, offset = gathered.record_start, gathered.offset
        record_end = gathered.record_end if start < offset else 0
    return found


READINGS = (st.integers(0, 10**9), st.sampled_from([64, 300, 1_000, 4_096]), st.lists(st.integers(1, 40), max_size=4))


@some_and_many(40, 300)
def test_a_reading_cut_between_chunks_and_taken_up_again_counts_what_one_does(examples):
    @settings(max_examples=examples)
    @given(*READINGS)
    def law(seed, size, cuts):
        data = log(seed)
        assert +read(data, size, cuts) == read(data, len(data), ())

    law()


@some_and_many(40, 300)
def test_ticks_over_a_log_that_grows_count_what_one_does(examples):
    @settings(max_examples=examples)
    @given(*READINGS)
    def law(seed, size, cuts):
        data = log(seed)
        assert sum(read(data, size, cuts, ticks=True).values()) == sum(read(data, len(data), ()).values())

    law()
