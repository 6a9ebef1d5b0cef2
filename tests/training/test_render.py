from random import Random

import pytest

from aiops_agent.training.family import Family, load_families
from aiops_agent.training.render import render_all
from aiops_agent.training.slots import FILLERS, fill
from aiops_agent.training.traces import PRINTERS, render_trace

BODY = Family("disk_full/x", "disk_full", "x", "native", "en", ("cannot write {path}: full",), (), ())
TRACE = Family(
    "timeout/y", "timeout", "y", "java", "en", (), ("java.net.SocketTimeoutException: {word} late",), ("{fn} failed",)
)


def test_the_same_seed_gives_the_same_records():
    assert render_all([BODY, TRACE], copies=3, seed=4) == render_all([BODY, TRACE], copies=3, seed=4)


def test_another_seed_gives_other_records():
    assert render_all([BODY], copies=20, seed=4) != render_all([BODY], copies=20, seed=5)


def test_about_half_of_the_records_have_no_head():
    texts = [record.text for record in render_all([BODY], copies=400, seed=1)]
    bare = sum(text.startswith("cannot write") for text in texts)
    assert 120 < bare < 280


def test_every_record_still_says_what_the_family_says():
    assert all("SocketTimeoutException" in record.text for record in render_all([TRACE], copies=100, seed=2))


@pytest.mark.parametrize("runtime", sorted(PRINTERS))
def test_every_runtime_prints_the_cause_whatever_it_is_wrapped_in(runtime):
    for seed in range(60):
        assert "the cause" in render_trace("a.B: the cause", runtime, Random(seed))


@pytest.mark.parametrize("slot", sorted(FILLERS))
def test_every_slot_is_filled(slot):
    filled = fill("<{" + slot + "}>", Random(1))
    assert filled.startswith("<")
    assert len(filled) > 2
    assert "{" not in filled


def test_doubled_braces_become_single_ones():
    assert fill('{{"n": {n}}}', Random(1)).startswith('{"n": ')


def test_every_written_family_loads_and_has_its_own_id():
    families = load_families()
    assert len({family.category for family in families}) == 31
    assert len({family.id for family in families}) == len(families)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{id: a, system: s, runtime: cobol, locale: en, bodies: [x]}", "runtime cobol"),
        ("{id: a, system: s, runtime: c, locale: en}", "needs bodies or exceptions"),
        ("{id: a, system: s, runtime: c, locale: en, exceptions: [x]}", "exceptions need"),
        ("{id: a, system: s, runtime: c, locale: en, bodies: ['{nope}']}", "unknown slots"),
    ],
)
def test_a_faulty_family_is_refused_by_name(tmp_path, entry, message):
    (tmp_path / "x.yaml").write_text(f"category: x\nfamilies:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load_families(tmp_path)
