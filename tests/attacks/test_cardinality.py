"""A log made of novelties: bounded work, bounded talk, and every record counted."""

import random
import tracemalloc

import pytest

from aiops_agent.assembly.assemble import LONGEST_WHEN_MANY, MOST_TEXT, Assembly
from aiops_agent.crowd import MOST_NEW, MOST_TOLD
from tests.journeys.host import Host
from tests.journeys.machine import KNOWN, Machine

HEAD = "2026-11-23 03:00:00,001 ERROR worker: "
CRITICAL = "2026-11-23 03:00:00,001 FATAL worker: the disk is gone"


def novelties(number, seed=1):
    choose = random.Random(seed)
    return [f"{HEAD}{''.join(choose.choices('bcdfghjklmnpqrstvwxyz', k=12))} lost its way" for _ in range(number)]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def agents(host):
    return {i.title.split(":")[0]: i for i in host.incidents() if i.kind == "agent"}


def faults(host):
    return [i for i in host.incidents() if i.kind == "log"]


@pytest.mark.slow
def test_f11_beyond_a_bound_new_faults_are_counted_into_one_notice_exactly_and_people_get_what_they_can_read(host):
    host.writes(*novelties(MOST_NEW + 1_234))
    found = host.tick()
    assert found.errors == MOST_NEW + 1_234
    assert len(faults(host)) == MOST_NEW
    assert agents(host)["cardinality"].occurrences == 1_234
    assert sum(i.occurrences for i in faults(host)) + agents(host)["cardinality"].occurrences == found.errors
    assert len(host.phone.messages) == MOST_TOLD + 2, "those told one by one, the digest, and the notice of the flood"
    digest = agents(host)["many faults"]
    assert "incidents list" in digest.text
    assert "lost its way" in digest.text
    host.tick()
    assert len(host.phone.messages) == MOST_TOLD + 2


def test_a_log_with_as_many_faults_as_people_can_read_is_told_one_by_one(host):
    host.writes(*novelties(MOST_TOLD))
    host.tick()
    assert len(host.phone.messages) == MOST_TOLD
    assert agents(host) == {}


@pytest.mark.slow
def test_f11_the_worst_is_not_hidden_by_a_flood_before_it(host):
    host.writes(*novelties(MOST_NEW + 200), CRITICAL)
    host.tick()
    assert [i.occurrences for i in faults(host) if i.severity.label == "critical"] == [1]


@pytest.mark.slow
def test_f11_a_fault_that_is_known_is_counted_however_many_new_ones_there_are(host):
    host.writes(KNOWN)
    host.tick()
    host.writes(*novelties(MOST_NEW + 10), KNOWN, KNOWN)
    host.tick()
    assert [i.occurrences for i in faults(host) if i.title.endswith("other thing")] == [3]


def test_f11_a_flood_in_one_file_takes_nothing_from_another(host):
    host.writes(*novelties(MOST_NEW + 10))
    (host.folder / "zebra.log").write_text(KNOWN + "\n")
    host.tick()
    assert [i.occurrences for i in faults(host) if i.source.endswith("zebra.log")] == [1]
    assert "cardinality" in agents(host)


@pytest.mark.slow
def test_f11_a_flood_that_goes_on_is_told_once_and_counted_on(host):
    host.writes(*novelties(MOST_NEW + 10))
    host.tick()
    told = len(host.phone.messages)
    host.writes(*novelties(MOST_NEW + 20, seed=2))
    host.tick()
    assert agents(host)["cardinality"].occurrences == 30
    assert len(host.phone.messages) == told + MOST_TOLD, "no second notice of the flood within four hours"


@pytest.mark.slow
def test_long_records_that_are_all_different_are_held_in_part():
    assembler = Assembly().stretch(0, 0, 0)
    padding = "x y " * 15_000
    count = MOST_TEXT // len(padding) + 50
    assembler.feed("".join(f"{line} {padding}\n" for line in novelties(count)).encode())
    assembler.finish(final=True)
    found = assembler.take().sightings
    assert len(found) == count
    assert sum(len(sighting.text) for sighting in found) <= MOST_TEXT + count * LONGEST_WHEN_MANY
    assert max(len(sighting.text) for sighting in found) > 50_000


@pytest.mark.slow
def test_what_is_remembered_of_long_records_is_bounded():
    assembly = Assembly()
    padding = "x y " * 12_000
    tracemalloc.start()
    for at in range(12):
        assembler = assembly.stretch(0, 0, 0)
        lines = novelties(60, seed=at)
        assembler.feed("".join(f"{line} {padding}\n{line}: and more, {padding}\n" for line in lines).encode())
        assembler.finish(final=True)
        assert len(assembler.take().sightings) == 120
        del assembler, lines
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 40 << 20, "of 70 MB, all different"


@pytest.mark.slow
def test_f11_a_hundred_thousand_unique_lines_through_the_real_command(tmp_path):
    machine = Machine(tmp_path)
    machine.writes(KNOWN)
    machine.scan()
    machine.writes(*novelties(100_000), KNOWN)
    found = machine.scan()
    assert found["errors"] == 100_001
    by_kind = {kind: [i for i in found["incidents"] if i["kind"] == kind] for kind in ("log", "agent")}
    assert [i["occurrences"] for i in by_kind["log"] if i["title"].endswith("other thing")] == [2]
    assert len(by_kind["log"]) == MOST_NEW + 1
    assert [i["occurrences"] for i in by_kind["agent"] if i["title"].startswith("card")] == [100_000 - MOST_NEW]
    assert machine.told() <= 2 * (MOST_TOLD + 3)
