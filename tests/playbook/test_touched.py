"""A person's hand on a unit, in what systemd 252 wrote into the journal of a host on which all of this was done.

`journal.jsonl` is that journal, as far as process 1 wrote it: bootshop was started by the boot; shop was started,
restarted, reloaded and stopped by hand, and killed; again was started by hand once, and has `Restart=on-failure`;
timed is started by a timer; part has `PartOf=shop.service`.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.bind import HAND
from aiops_agent.playbook.kinds import interval
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.touched import Entry, given, untouched
from aiops_agent.ports import never

RECORDED = [json.loads(line) for line in (Path(__file__).parent / "journal.jsonl").read_text().splitlines()]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

JOURNALCTL = """\
#!{python}
import json, sys
wanted = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word and word != "+")
assert "--reverse" in sys.argv and "_PID=1" in sys.argv
boots = {{word.partition("=")[2] for word in sys.argv[sys.argv.index("+"):] if word.startswith("MESSAGE_ID=")}}
since = int(wanted["--since"].removeprefix("@")) * 1_000_000
for line in reversed(open({recorded!r}).read().splitlines()):
    entry = json.loads(line)
    if entry.get("UNIT") == wanted["UNIT"] or entry.get("MESSAGE_ID") in boots:
        if int(entry["__REALTIME_TIMESTAMP"]) >= since:
            fields = {{"__REALTIME_TIMESTAMP", *wanted["--output-fields"].split(",")}}
            print(json.dumps({{name: value for name, value in entry.items() if name in fields}}))
"""
"""Selects from what was recorded, by the words that the real one would be given."""


def at(entry: Entry) -> datetime:
    return datetime.fromtimestamp(int(str(entry["__REALTIME_TIMESTAMP"])) / 1_000_000, UTC)


def written(unit: str, words: str = "") -> list[datetime]:
    """When systemd wrote such a message about a unit."""
    return [at(entry) for entry in RECORDED if entry.get("UNIT") == unit and words in entry["MESSAGE"]]


END = max(map(at, RECORDED)) + SECOND


class Host:
    """A host with that journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = END
        (folder / "booted").mkdir()
        (folder / "journal" / "machine").mkdir(parents=True)
        (folder / "journal" / "machine" / "system.journal").touch()
        self.recorded(RECORDED)
        self.has("systemctl", 'printf "LoadState=loaded\\nTriggeredBy=\\n"')

    def has(self, name: str, script: str) -> None:
        (self.folder / name).write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
        (self.folder / name).chmod(0o755)

    def recorded(self, entries: list[Entry]) -> None:
        journal = self.folder / "journal.jsonl"
        journal.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
        self.has("journalctl", JOURNALCTL.format(python=sys.executable, recorded=str(journal)))

    def looks(self, unit: str = "shop.service", *ours: tuple[datetime, datetime]):
        times = {f"ours.{n}": interval(*each) for n, each in enumerate(ours)}
        command = vocabulary.command("untouched", {"unit": unit, "for": HAND.total_seconds(), **times})
        path, journals = f"{self.folder}:/usr/bin:/bin", [str(self.folder / "journal")]
        return untouched(command, never, now=self.now, path=path, booted=f"{self.folder}/booted", journals=journals)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_what_somebody_has_systemd_do_with_a_unit_is_a_hand_on_it_for_a_quarter_of_an_hour(host):
    last = written("shop.service", "Started")[-1]
    host.now = last + 3 * MINUTE
    said = "somebody had systemd start, stop or reload shop.service 3 minutes ago: it is left alone for 15 minutes"
    assert (host.looks().ok, host.looks().detail) == (False, said)
    host.now = last + HAND - SECOND
    assert not host.looks().ok
    host.now = last + HAND + SECOND
    assert (host.looks().ok, host.looks().detail) == (True, "nobody has had systemd act on shop.service for 15 minutes")


@pytest.mark.parametrize(
    ("unit", "began", "jobs"),
    [
        ("shop.service", "Started shop.service", 1),
        ("shop.service", "Reloading", 1),
        ("shop.service", "Stopping", 1),
        ("part.service", "Stopping", 1),
    ],
)
def test_a_start_a_restart_a_reload_and_what_another_unit_brings_about_are_jobs(unit, began, jobs):
    first = written(unit, began)[0]
    until = next(time for time in [*sorted(written(unit)), END] if time > first + SECOND)
    entries = [entry for entry in RECORDED if entry.get("UNIT") == unit and first <= at(entry) < until]
    found = [job for job in given(entries) if job.first == first]
    assert len(found) == jobs
    assert [job.is_start for job in found] == [began.startswith("Started")]


def test_a_unit_that_systemd_starts_again_by_itself_was_started_by_hand_once(host):
    by_hand = written("again.service", "Started")[0]
    assert [job.first for job in given(entry for entry in RECORDED if entry.get("UNIT") == "again.service")] == [
        by_hand
    ]
    assert not host.looks("again.service").ok, "the hand is seen behind three restarts and a start limit"
    assert host.looks("again.service", (by_hand - SECOND, by_hand + SECOND)).ok, "and there is no other"


def test_a_restart_by_itself_is_known_where_the_time_that_is_looked_at_begins_with_it(host):
    scheduled = written("again.service", "Scheduled")[-1]
    host.now = scheduled + HAND - SECOND / 100
    assert host.looks("again.service").ok


def test_the_jobs_of_the_boot_are_nobodys(host):
    assert host.looks("bootshop.service").ok
    host.recorded([entry for entry in RECORDED if "Startup finished" not in entry["MESSAGE"]])
    assert not host.looks("bootshop.service").ok, "who can tell while it goes on"


def test_what_a_timer_starts_is_nobodys_but_a_stop_is_somebodys(host):
    assert not host.looks("timed.service").ok
    host.has("systemctl", 'printf "LoadState=loaded\\nTriggeredBy=timed.timer\\n"')
    assert host.looks("timed.service").ok
    assert not host.looks("part.service").ok, "it was stopped"


def test_what_was_done_in_our_own_time_is_nobody_elses(host):
    times = written("shop.service")
    assert host.looks("shop.service", (times[0] - SECOND, times[-1])).ok
    before_the_last = written("shop.service", "Started")[-1] - SECOND
    assert not host.looks("shop.service", (times[0] - SECOND, before_the_last)).ok


def test_a_unit_that_nobody_has_touched_is_asked_for_in_no_second_program(host):
    host.has("systemctl", "exit 1")
    assert host.looks("other.service").ok


def test_where_systemd_does_not_run_nobody_can_have_it_act(host):
    (host.folder / "booted").rmdir()
    host.has("journalctl", "exit 1")
    assert host.looks().ok


def test_who_may_not_read_the_journal_is_told_so_and_does_nothing(host):
    (host.folder / "journal" / "machine" / "system.journal").unlink()
    with pytest.raises(RefusedError, match=r"may not read the journal .*group systemd-journal"):
        host.looks()


def test_a_journal_that_cannot_be_read_proves_nothing(host):
    host.has("journalctl", "echo no entries, and no file either >&2; exit 1")
    with pytest.raises(RefusedError, match="journalctl ended with status 1: no entries"):
        host.looks()
    host.has("journalctl", "sleep 60")
    with pytest.raises(RefusedError, match="was stopped"):
        command = vocabulary.command("untouched", {"unit": "shop.service", "for": 900.0})
        journals = [str(host.folder / "journal")]
        path = f"{host.folder}:/usr/bin:/bin"
        untouched(command, lambda: True, now=END, path=path, booted=str(host.folder), journals=journals)


def test_of_more_than_can_be_looked_at_the_newest_counts(host):
    stop = json.dumps({"JOB_ID": "7", "JOB_TYPE": "stop", "__REALTIME_TIMESTAMP": f"{END.timestamp() * 1e6:.0f}"})
    host.has("journalctl", f"yes '{stop}' | head -c 5000000")
    assert "less than a minute ago" in host.looks().detail
