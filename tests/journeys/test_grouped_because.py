"""A person asks why records are one incident, and is told in words."""

import pytest

from tests.journeys.machine import Machine

TRACE = """2026-11-23 03:00:00,001 ERROR [http-nio-8080-exec-{0}] com.acme.Pay - charge {0} failed, password=hunter2xyz
java.io.IOException: order {0} is gone
\tat java.base/java.net.Socket.read(Socket.java:{0})
\tat com.acme.Pay$$Lambda$14/0x0000{0}.charge(Pay.java:{0})
\tat com.acme.Shop.lambda$main${0}(Shop.java:{0})
Caused by: java.net.SocketException: peer 10.0.0.{0} left
\tat com.acme.Wire.send(Wire.java:{0})
\t... {0} more"""
SHAPE = "2026-11-23 03:00:00,001 ERROR worker: disk sda{0} is 9{0} % full, token=abcdefghijk12345{0}"
JSON = '{{"time":"2026-11-23T03:00:0{0}Z","level":"error","msg":"deadlock in job {0}","err":"SQLSTATE 40P01"}}'


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A machine that has found all three."""
    machine = Machine(tmp_path_factory.mktemp("grouped"))
    machine.writes(*(TRACE.format(n) for n in (1, 2, 7)), SHAPE.format(1), SHAPE.format(1).replace("91 %", "100 %"))
    (machine.logs / "jobs.log").write_text("".join(f"{JSON.format(n)}\n" for n in (1, 2, 7)))
    machine.scan()
    return machine


def why(machine, word):
    found = machine.run("incidents", "list", "--json").json["incidents"]
    [incident] = [incident for incident in found if word in incident["title"]]
    shown = machine.run("incidents", "show", incident["id"])
    [line] = [line for line in shown.out.splitlines() if line.startswith("grouped because:")]
    machine_readable = machine.run("incidents", "show", incident["id"], "--json").json
    reason = line.removeprefix("grouped because:").strip()
    assert machine_readable["grouped_by"] == reason
    return reason, incident["occurrences"]


@pytest.mark.slow
def test_a_trace_is_one_incident_because_of_its_exceptions_and_frames(machine):
    reason, occurrences = why(machine, "SocketException")
    assert reason == (
        "exception chain java.io.IOException < java.net.SocketException, "
        "frames com.acme.Pay$$Lambda.charge Pay.java, com.acme.Shop.lambda$main$<number> Shop.java, "
        "com.acme.Wire.send Wire.java"
    )
    assert occurrences == 3


@pytest.mark.slow
def test_a_line_is_one_incident_because_of_its_shape_without_its_secret(machine):
    reason, occurrences = why(machine, "disk sda")
    assert reason.startswith("message shape worker: disk sda1 is <number> % full, token=[redacted:")
    assert occurrences == 2


@pytest.mark.slow
def test_a_structured_line_is_one_incident_because_of_what_it_says(machine):
    assert why(machine, "deadlock") == ("message shape deadlock in job <number>", 3)
