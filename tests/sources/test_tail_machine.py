"""The tail matrix as a machine: whatever is done to a log, in whatever order, between ticks that may be cut short."""

import bz2
import gzip
import lzma
import os
import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from aiops_agent.sources import opened, reading
from tests.sources.reader import Reader, append, error, pack

PACKERS = ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress))
ENDINGS = ("", *(ending for ending, _ in PACKERS))
FRAME = "\tat shop.A.f(A.java:3)\n"


class Tail(RuleBasedStateMachine):
    """The model is the records that were written, less those that were destroyed before any tick could count them."""

    def __init__(self):
        super().__init__()
        self.folder, self.elsewhere = tempfile.mkdtemp(), tempfile.mkdtemp()
        self.others = []
        self.sizes = reading.BATCH_BYTES, opened.CHUNK
        reading.BATCH_BYTES, opened.CHUNK = 1, 97
        self.path = f"{self.folder}/app.log"
        self.reader = Reader(self.path)
        self.number = 0
        self.destroyed = 0
        self.lost_bytes = self.perhaps_lost_bytes = 0
        self.is_open = False
        self.create()
        self.reader.tick()

    def teardown(self):
        reading.BATCH_BYTES, opened.CHUNK = self.sizes
        for folder in (self.folder, self.elsewhere):
            shutil.rmtree(folder)

    # --- the program that writes

    def create(self):
        append(self.path, "")

    def record(self):
        self.number += 1
        return error(f"n{self.number}")

    def end_line(self):
        if self.is_open:
            append(self.path, "\n")
            self.is_open = False

    @rule(many=st.integers(1, 3), frames=st.integers(0, 2))
    def write(self, many, frames):
        self.end_line()
        for _ in range(many):
            append(self.path, self.record() + FRAME * frames)

    @rule()
    def write_frames_late(self):
        self.end_line()
        append(self.path, FRAME.replace("A", "Late"))

    @rule(cut=st.integers(1, 60))
    def write_a_part_of_a_line(self, cut):
        self.end_line()
        line = self.record()[:-1]
        append(self.path, line[:cut])
        append(self.path, line[cut:])
        self.is_open = True

    # --- the rotation

    def shift(self):
        self.is_open = False
        for turn in range(40, 0, -1):
            for ending in ENDINGS:
                if os.path.exists(f"{self.path}.{turn}{ending}"):
                    os.rename(f"{self.path}.{turn}{ending}", f"{self.path}.{turn + 1}{ending}")

    @rule(turns=st.integers(1, 3))
    def rename(self, turns):
        self.turn_over(turns)

    def turn_over(self, turns):
        for _ in range(turns):
            self.shift()
            os.rename(self.path, f"{self.path}.1")
            self.create()
            if turns > 1:
                append(self.path, self.record())

    @rule()
    def rename_to_a_name_of_its_own(self):
        """Only its inode can tell what it was, so a tick must have seen it."""
        self.end_line()
        self.reader.tick()
        os.rename(self.path, f"{self.folder}/kept-{self.number}.txt")
        self.create()

    @rule()
    def copy_and_truncate(self):
        self.turn_over_by_copy()

    def turn_over_by_copy(self):
        if os.path.getsize(self.path):
            self.shift()
            shutil.copy(self.path, f"{self.path}.1")
            os.truncate(self.path, 0)

    @rule(bytes_left=st.integers(0, 300))
    def tick_while_it_is_copied(self, bytes_left):
        if os.path.getsize(self.path):
            self.reader.tick()
            self.shift_keeping_the_line()
            with open(self.path, "rb") as log:
                append(f"{self.path}.1", log.read()[:bytes_left])
            self.reader.tick()
            shutil.copy(self.path, f"{self.path}.1")
            os.truncate(self.path, 0)
            self.is_open = False

    def shift_keeping_the_line(self):
        was_open = self.is_open
        self.shift()
        self.is_open = was_open

    @precondition(lambda self: os.path.exists(f"{self.path}.1"))
    @rule(packer=st.sampled_from(PACKERS))
    def compress(self, packer):
        self.pack_the_newest(packer)

    def pack_the_newest(self, packer):
        ending, packs = packer
        pack(f"{self.path}.1", packs, ending)
        for twin in self.links():
            os.unlink(twin)

    @rule()
    def hard_link(self):
        if not self.links():
            os.link(self.path, f"{self.path}.twin.0")

    def links(self):
        return [entry.path for entry in os.scandir(self.folder) if ".twin." in entry.name]

    # --- the rest of the host

    @rule(many=st.integers(1, 4))
    def others_make_files(self, many):
        """They may get the inode of a log that is gone; else the next log does."""
        for _ in range(many):
            with tempfile.NamedTemporaryFile(dir=self.elsewhere, delete=False) as other:
                self.others.append(other.name)

    @precondition(lambda self: self.others)
    @rule(newest=st.booleans())
    def others_delete_a_file(self, newest):
        os.unlink(self.others.pop(-1 if newest else 0))

    # --- what destroys lines

    def uncounted(self):
        """Return the records in the log that no tick has counted, and the bytes seen of them."""
        found = os.stat(self.path)
        at = self.reader.known.get(f"{found.st_dev}:{found.st_ino}")
        with open(self.path, "rb") as file:
            content = file.read()
        return at, content[at.offset if at else 0 :].count(b" ERROR ")

    @rule()
    def truncate(self):
        """What was written since the last tick is gone unseen; what a tick saw and could not count yet is reported."""
        self.reader.tick()
        at, records = self.uncounted()
        self.destroyed += records
        self.lost_bytes += at.size - at.offset
        self.is_open = False
        os.truncate(self.path, 0)
        self.reader.tick()

    @rule()
    def delete(self):
        """A deleted file may only have moved: what it held is reported once its inode is seen under another file."""
        self.reader.tick()
        at, records = self.uncounted()
        self.destroyed += records
        self.is_open = False
        for name in (self.path, *self.links()):
            os.unlink(name)
        self.create()
        self.perhaps_lost_bytes += at.size - at.offset

    @rule()
    def delete_the_oldest(self):
        self.reader.tick()
        turns = [(turn, ending) for turn in range(40, 0, -1) for ending in ENDINGS]
        names = [name for turn, ending in turns if os.path.exists(name := f"{self.path}.{turn}{ending}")]
        if names:
            os.unlink(names[0])

    # --- the agent

    @rule(batches=st.integers(0, 2))
    def crash(self, batches):
        self.reader.tick(crash_after=batches)
        self.restart()

    @rule(
        after=st.integers(1, 4),
        more=st.none() | st.integers(0, 2),
        happens=st.sampled_from(("written", "renamed", "packed", "copied")),
    )
    def tick_while_something_happens(self, after, more, happens):
        """It reads on with what it listed before; then perhaps it is killed."""

        def meanwhile():
            if happens == "written":
                self.end_line()
                append(self.path, self.record())
            elif happens == "copied":
                self.turn_over_by_copy()
            else:
                if happens == "packed" and os.path.exists(f"{self.path}.1"):
                    self.pack_the_newest(PACKERS[0])
                self.turn_over(1)

        self.reader.tick(crash_after=None if more is None else after + more, after=after, meanwhile=meanwhile)

    @rule()
    def restart(self):
        fresh = Reader(self.path)
        fresh.known, fresh.batches = self.reader.known, self.reader.batches
        self.reader = fresh

    @rule()
    def scan(self):
        self.reader.tick()
        assert self.reader.count() == self.number - self.destroyed - self.is_open
        assert self.lost_bytes <= self.reader.lost() <= self.lost_bytes + self.perhaps_lost_bytes

    @invariant()
    def nothing_is_repeated(self):
        assert self.reader.count() <= self.number - self.destroyed


def run(examples):
    health = [HealthCheck.too_slow]
    profile = settings(max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=health)
    run_state_machine_as_test(Tail, settings=profile)


def test_whatever_is_done_to_a_log_each_line_is_counted_once():
    run(60)


@pytest.mark.slow
def test_whatever_is_done_to_a_log_each_line_is_counted_once_in_500_histories():
    run(500)
