"""Faults provoked here and now become families the curriculum reads."""

import re
from pathlib import Path

import pytest

from aiops_agent.training.family import load_families
from aiops_agent.training.provoke import Fault, FaultError, load_faults, neutral, provoke, write_families

CHEAP = ("cat-missing", "python-json", "bash-command", "bash-unset")
HERE = re.compile(r"/tmp/|/wor[k]/|/home/|/root/|provoked-")


def fault(script: str, *, says: str = ".") -> Fault:
    return Fault("copy", "disk_full", "coreutils", "shell", ("bash",), script, (), says, "", 1, chinese=False, limit=5)


def test_what_programs_write_is_what_the_family_holds(tmp_path: Path) -> None:
    faults = [one for one in load_faults() if one.id in CHEAP]
    records = [record for one in faults for record in provoke(one)[:1]]
    write_families(records, tmp_path / "provoked")

    families = {family.id: family for family in load_families(tmp_path)}

    assert len(families) == len(CHEAP)
    assert "No such file or directory" in families["missing_dependency/provoked-cat-missing"].bodies[0]
    body = families["invalid_input/provoked-python-json"].bodies[0]
    assert body.startswith("Traceback (most recent call last):")
    assert "json.decoder.JSONDecodeError" in body


def test_a_second_run_replaces_what_the_same_fault_said_and_keeps_the_others(tmp_path: Path) -> None:
    one, other = (one for one in load_faults() if one.id in ("cat-missing", "bash-command"))
    write_families([*provoke(one)[:1], *provoke(other)[:1]], tmp_path / "provoked")
    write_families(provoke(one)[:1], tmp_path / "provoked")
    assert len(load_families(tmp_path)) == 2


def test_braces_survive(tmp_path: Path) -> None:
    write_families(provoke(fault("echo 'bad {order} {' >&2; exit 1")), tmp_path / "provoked")
    (family,) = load_families(tmp_path)
    assert family.bodies == ("bad {{order}} {{",)


@pytest.mark.parametrize(
    ("script", "says", "why"),
    [
        ("true", ".", "ended well"),
        ("exit 1", ".", "wrote nothing"),
        ("echo refused >&2; exit 1", "No space left", "is not in what it wrote"),
    ],
)
def test_a_fault_that_does_not_happen_is_refused_by_name(script: str, says: str, why: str) -> None:
    with pytest.raises(FaultError, match=f"copy.*{why}"):
        provoke(fault(script, says=says))


def test_the_temporary_folder_is_not_in_the_record() -> None:
    (record,) = provoke(fault('cat "$PWD/orders.csv"'))
    assert record.text.startswith("cat: /srv/")
    assert not HERE.search(record.text)


def test_stamps_and_colours_are_taken_off() -> None:
    text = neutral(
        "2026/11/27 20:59:14 [error] 12#12: down\n\x1b[31m9:M 27 Nov 2026 21:00:00.123 # full", Path("/x"), "a"
    )
    assert text == "[error] 12#12: down\n# full"


def test_every_committed_record_is_of_a_fault_of_the_table_and_names_no_machine() -> None:
    bodies = {family.id: family.bodies for family in load_families() if "/provoked-" in family.id}
    table = {f"{one.category}/provoked-{one.id}" for one in load_faults()}
    assert len(bodies) >= 150
    assert {one.removesuffix("-zh") for one in bodies} <= {one.removesuffix("-zh") for one in table}
    assert not {one for one, (body,) in bodies.items() if HERE.search(body)}


def test_no_committed_id_is_used_twice() -> None:
    ids = [family.id for family in load_families() if "/provoked-" in family.id]
    assert len(ids) == len(set(ids))
