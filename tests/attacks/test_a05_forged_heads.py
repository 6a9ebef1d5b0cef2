"""A05: a head of syslog inside what somebody wrote must not become a record of its own, nor speak for a program."""

import pytest

from aiops_agent.assembly.assemble import Assembly
from tests.journeys.machine import KNOWN, Machine

FORGED = "Nov 22 10:00:00 web01 sshd[1]: error: PAM: Authentication failure for root"
QUIET = '10.0.0.3 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "@@"'
LOUD = "2026-11-22 10:00:00,001 ERROR shop: bad agent @@"
SYSLOG = "Nov 22 10:00:00 web01 shop[7]: error: bad agent @@"

SEPARATORS = [
    pytest.param("\r", id="carriage return"),
    pytest.param("\u2028", id="line separator"),
    pytest.param("\u2029", id="paragraph separator"),
    pytest.param("\u0085", id="next line"),
    pytest.param("\x0b", id="vertical tab"),
    pytest.param("\x0c", id="form feed"),
    pytest.param("\x1c", id="file separator"),
    pytest.param("\x1b[2K\x1b[1G", id="erased line"),
    pytest.param("%0a", id="encoded newline"),
    pytest.param("\\n", id="escaped newline"),
    pytest.param("\0", id="nul"),
    pytest.param('" ', id="end of the quotes"),
    pytest.param(" ", id="blank"),
]


def records(*lines):
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed("".join(f"{line}\n" for line in lines).encode())
    assembler.finish(final=True)
    return assembler.take().sightings


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("form", [LOUD, SYSLOG])
def test_a05_a_head_inside_a_record_begins_none_and_the_writer_stays_who_it_was(form, separator):
    found = records(form.replace("@@", f"x{separator}{FORGED}"), KNOWN)
    assert [sighting.count for sighting in found] == [1, 1]
    assert "bad agent" in found[0].headline
    assert "sshd" not in found[0].grouped_by.split("bad agent")[0], "what is said before the message is who says it"
    assert found[0].fingerprint != records(FORGED)[0].fingerprint


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a05_a_head_inside_a_line_that_reports_nothing_adds_nothing_to_the_fault_it_names(separator):
    [real] = records(FORGED)
    found = records(QUIET.replace("@@", f"x{separator}{FORGED}"), KNOWN, FORGED)
    assert [sighting.count for sighting in found if sighting.fingerprint == real.fingerprint] == [1]
    assert sum(sighting.count for sighting in found) <= 3


def test_a05_only_a_newline_begins_a_record():
    assert [s.count for s in records(LOUD.replace("@@", f"x\n{FORGED}"), KNOWN)] == [1, 1, 1]


@pytest.mark.slow
def test_a05_a_forged_record_of_another_program_has_no_service_in_a_file_that_many_write(tmp_path):
    machine = Machine(tmp_path)
    source = f'{{type: file, paths: ["{machine.log}"], start: beginning}}'
    machine.config.write_text(
        f"state_dir: {machine.state}\npolicy: {{mode: auto, unlock_after: 0}}\nsources: [{source}]\n"
    )
    machine.writes(
        LOUD.replace("@@", f"x\n{FORGED}"),
        "Nov 22 10:00:01 web01 systemd[1]: shop.service: Failed with result 'exit-code'.",
    )
    found = machine.scan()["incidents"]
    assert len(found) == 3
    assert {(i["service"], i["decision"], i["outcome"]) for i in found} == {(None, "report", None)}
