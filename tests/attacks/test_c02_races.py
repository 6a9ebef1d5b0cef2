"""C02: a link is put in the way and taken away all the time, while a log is read or a file is changed there."""

import gzip
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.model.playbook import Planned
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.verb import root_of
from aiops_agent.ports import never
from aiops_agent.sources.file import FileSource
from tests.attacks.test_playbook_attacks import FILE_CHANGES, change
from tests.fakes import SteppingClock
from tests.playbook.world import parsed

pytestmark = pytest.mark.slow

TRIES = 10_000
EACH = TRIES // (2 * len(FILE_CHANGES))
"""Of the changes; each of them ten thousand times takes seven minutes, and has led nowhere either."""

PATIENCE = 8
"""Times as many tries, on a machine that is too busy for the one who swaps to come between often."""

INSIDE = "2026-11-23 03:00:00,001 ERROR worker: the thing with the other thing"
OUTSIDE = "2026-11-23 03:00:00,001 ERROR shadow: quetzalcoatl cannot start"
SECRET = b"quetzalcoatl"

SWAPPER = """
import os, sys
place, target, spare, go = sys.argv[1:]
link, aside = spare + "/link", spare + "/aside"
print("ready", flush=True)
swaps = 0
while os.path.exists(go):
    try:
        if not os.path.islink(link):
            if os.path.lexists(link):
                os.remove(link)
            os.symlink(target, link)
        os.rename(place, aside); os.rename(link, place); os.rename(place, link); os.rename(aside, place)
        swaps += 1
    except FileNotFoundError:  # who is attacked has moved something, and puts it back
        if os.path.lexists(aside) and not os.path.lexists(place):
            os.rename(aside, place)
print(swaps)
"""


class Race:
    """A folder of a service, a place outside that it must not lead to, and who swaps one of them for a link."""

    def __init__(self, folder: Path, swapped: str) -> None:
        self.folder = folder
        self.logs = folder / "root" / "logs"
        self.outside = folder / "outside"
        self.spare = folder / "spare"
        for place in (self.logs, self.outside, self.spare):
            place.mkdir(parents=True)
        self.swapped = swapped
        self.real = os.open(self.logs, os.O_RDONLY | os.O_DIRECTORY)
        self.beyond = os.open(self.outside, os.O_RDONLY | os.O_DIRECTORY)
        self.swaps = 0

    def has(self, name: str, inside: str, outside: str) -> None:
        """Put a file in the folder, whatever its name leads to now, and one of that name outside."""
        for folder, said in ((self.real, inside), (self.beyond, outside)):
            if name not in names_in(folder):
                fresh = self.spare / "fresh"
                fresh.write_text(said)
                os.utime(fresh, (0, 0))
                os.rename(fresh, name, dst_dir_fd=folder)

    def forgets_all_but(self, *names: str) -> None:
        for name in set(names_in(self.real)) - set(names):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self.real)

    @contextmanager
    def run(self, name: str):
        place, target = (self.logs / name, self.outside / name) if self.swapped == "file" else (self.logs, self.outside)
        go = self.folder / "go"
        go.touch()
        argv = [sys.executable, "-c", SWAPPER, str(place), str(target), str(self.spare), str(go)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as swapper:
            assert swapper.stdout is not None
            assert swapper.stdout.readline() == "ready\n"
            try:
                yield
            finally:
                go.unlink()
                self.swaps = int(swapper.stdout.read())
                os.close(self.real)
                os.close(self.beyond)


@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_c02_a_log_that_is_read_ten_thousand_times_never_shows_what_a_link_led_to(tmp_path, swapped):
    race = Race(tmp_path, swapped)
    race.has("app.log", f"{INSIDE}\n", f"{OUTSIDE}\n")
    source = FileSource(
        [f"{race.logs.parent}/*/*.log"], service=None, start="beginning", seen_before=True, assembly=Assembly()
    )
    read, refused = 0, 0
    with race.run("app.log"):
        for tried in range(PATIENCE * TRIES):
            if tried >= TRIES and min(read, refused) > TRIES // 100:
                break
            for batch in source.read({}):
                shown = "".join(sighting.text for sighting in batch.sightings)
                assert SECRET.decode() not in shown
                read += "the thing" in shown
                refused += bool(batch.notices)
    assert race.swaps > TRIES // 10
    assert read > TRIES // 100
    assert refused > TRIES // 100


@pytest.mark.parametrize("swapped", ["file", "folder"])
@pytest.mark.parametrize("verb", FILE_CHANGES)
def test_c02_a_file_that_is_changed_ten_thousand_times_in_one_way_or_another_is_never_what_a_link_led_to(
    tmp_path, verb, swapped
):
    race = Race(tmp_path, swapped)
    executor = EmbeddedExecutor(SteppingClock())
    given = change(verb, race.logs)
    arguments = parsed(verb, {name.rstrip("_"): value for name, value in given.items()})
    arguments |= {root_of(name): str(race.logs.parent) for name in vocabulary.VERBS[verb].rooted}
    command = vocabulary.command(verb, arguments)
    attacked = "good" if verb == "restore_file" else "app.log.1"
    race.has("good", "good", OUTSIDE)
    race.has("app.log.1", INSIDE, OUTSIDE)
    before = {path.name: (path.read_bytes(), path.stat().st_ino) for path in race.outside.iterdir()}
    done, refused = 0, 0
    with race.run(attacked):
        for tried in range(PATIENCE * EACH):
            if tried >= EACH and min(done, refused) > EACH // 100:
                break
            race.has("good", "good", OUTSIDE)
            race.has("app.log.1", INSIDE, OUTSIDE)
            planned = executor.plan(command)
            result = executor.run(planned.command, never) if isinstance(planned, Planned) else planned
            done += result.ok
            refused += not result.ok
            assert {path.name: (path.read_bytes(), path.stat().st_ino) for path in race.outside.iterdir()} == before
            for name in names_in(race.real):
                assert SECRET not in content(race.real, name), name
            race.forgets_all_but("good", "app.log.1")
    assert race.swaps > EACH // 10
    assert done > EACH // 100
    assert refused > EACH // 100


def names_in(folder: int) -> list[str]:
    return os.listdir(folder)


def content(folder: int, name: str) -> bytes:
    """Return what a file of the folder holds, unpacked; of a link nothing."""
    try:
        with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
            said = file.read()
    except OSError:
        return b""
    return gzip.decompress(said) if said.startswith(b"\x1f\x8b") else said
