"""What a playbook says about how much of a fault must be seen, in force from the log line to the repair."""

from datetime import timedelta
from functools import partial

import pytest

from aiops_agent.model.incident import Outcome, Status
from aiops_agent.playbook.busy import not_busy
from aiops_agent.playbook.doing import Doing
from tests.fakes import YES
from tests.journeys.host import Host

MINUTE = timedelta(minutes=1)


def host_with(folder, lines: str) -> Host:
    host = Host(folder)
    host.repair.write_text(f"{host.repair.read_text()}{lines}\n")
    host.sign()
    return host


def after(host: Host, span: timedelta, *, fails: int = 0):
    """What became of the incident in a tick so much later."""
    if fails:
        host.fails(fails)
    found = host.tick(span)
    return next(iter(found.touched.values()), None)


@pytest.mark.parametrize(
    ("throttle", "reason"),
    [
        ("{once_after: 5m}", "once_after"),
        ("{accumulate_within: {times: 3, within: 10m}}", "accumulate_within"),
        ("{error_without_recovery: 5m}", "error_without_recovery"),
    ],
)
def test_the_first_record_is_told_with_the_reason_and_not_acted_on(tmp_path, throttle, reason):
    host = host_with(tmp_path, f"throttle: {throttle}")
    incident = after(host, MINUTE, fails=1)
    assert (incident.decision, incident.reason, incident.status) == ("report", reason, Status.OPEN)
    assert host.lock.exists()
    assert len(host.phone.messages) == 1


def test_a_fault_that_goes_on_is_acted_on_once_after(tmp_path):
    host = host_with(tmp_path, "throttle: {once_after: 5m}")
    seen = [after(host, 2 * MINUTE, fails=1).outcome for _ in range(4)]
    assert seen == [None, None, None, Outcome.SUCCEEDED], "seen for 0, 2, 4 and 6 minutes"


def test_a_fault_that_is_seen_often_enough_is_acted_on(tmp_path):
    host = host_with(tmp_path, "throttle: {accumulate_within: {times: 3, within: 10m}}")
    assert after(host, MINUTE, fails=2).outcome is None
    assert after(host, MINUTE, fails=1).outcome is Outcome.SUCCEEDED


def test_what_was_counted_before_a_repair_does_not_count_after_it(tmp_path):
    host = host_with(tmp_path, "throttle: {accumulate_within: {times: 3, within: 2h}}")
    assert after(host, MINUTE, fails=3).outcome is Outcome.SUCCEEDED
    incident = after(host, timedelta(minutes=20), fails=1)
    assert (incident.decision, incident.reason) == ("report", "accumulate_within")


def test_a_fault_without_another_line_is_acted_on_when_it_has_not_recovered(tmp_path):
    host = host_with(tmp_path, "throttle: {error_without_recovery: 5m}")
    incident = after(host, MINUTE, fails=1)
    assert incident.look_again == host.clock.time + 5 * MINUTE
    assert host.next_due() <= incident.look_again
    assert after(host, 4 * MINUTE) is None
    assert after(host, MINUTE).outcome is Outcome.SUCCEEDED
    assert not host.lock.exists()


def test_what_has_recovered_meanwhile_is_left_alone(tmp_path):
    host = host_with(tmp_path, "throttle: {error_without_recovery: 5m}")
    after(host, MINUTE, fails=1)
    host.lock.unlink()
    incident = after(host, 5 * MINUTE)
    assert (incident.outcome, incident.status) == (None, Status.OPEN)
    assert "step" not in host.recorded()


def test_a_try_that_touched_nothing_counts_for_once_within(tmp_path):
    host = host_with(tmp_path, "throttle: {once_within: 30m}")
    host.writes("2026-11-23 03:00:00,001 ERROR shop: cannot start: lock file is there")
    assert after(host, MINUTE).decision == "run", "its evidence did not hold: there was no lock"
    assert after(host, MINUTE, fails=1).reason == "once_within"
    assert after(host, 30 * MINUTE).outcome is Outcome.SUCCEEDED


QUIET = "probes: [{file_absent: {path: $lock}}, {log_quiet: {for: 10s}}]}"


def host_that_listens(folder) -> Host:
    host = Host(folder)
    text = host.repair.read_text().replace("within: 1s", "within: 30s")
    host.repair.write_text(text.replace("probes: [{file_absent: {path: $lock}}]}", QUIET))
    host.sign()
    return host


def test_a_repair_after_which_the_log_stays_quiet_is_verified(tmp_path):
    host = host_that_listens(tmp_path)
    before = host.clock.time
    assert after(host, MINUTE, fails=2).outcome is Outcome.SUCCEEDED
    assert host.clock.time - before >= MINUTE + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("2026-11-23 03:00:00,001 ERROR shop: cannot start: lock file is there", Outcome.UNDONE),
        ("2026-11-23 03:00:00,001 ERROR shop: something else altogether", Outcome.SUCCEEDED),
    ],
)
def test_a_fault_that_is_logged_again_after_the_last_step_takes_the_repair_back(tmp_path, line, outcome):
    host = host_that_listens(tmp_path)
    slept = host.clock.sleep

    def meanwhile(seconds: float) -> None:
        slept(seconds)
        if not host.log.read_text().endswith(f"{line}\n# once\n"):
            host.writes(line, "# once")

    host.clock.sleep = meanwhile
    incident = after(host, MINUTE, fails=1)
    host.clock.sleep = slept
    assert incident.outcome is outcome
    assert host.lock.exists() is (outcome is Outcome.UNDONE)
    counted = {each.id: each.occurrences for each in host.tick().touched.values()}
    assert sum(counted.values()) >= 1, "what was listened to is read and counted by the next tick all the same"


def test_a_busy_host_is_left_alone_and_looked_at_again(tmp_path):
    work = tmp_path / "deploy.lock"
    host = Host(tmp_path)
    host.repair.write_text(host.repair.read_text().replace("busy: false", "busy: {locks: [/deploy.lock]}"))
    host.sign()
    # Of the machine that runs the tests this looks at no more than the folder: it may be installing something.
    alone = partial(not_busy, root=str(tmp_path), known=frozenset(), mark="nobody's mark")
    host.words = {"not_busy": Doing(alone), "untouched": Doing(lambda *_: YES)}
    with work.open("w") as held:
        held.write("1")  # the number of a process that lives: that of init
        held.flush()
        incident = after(host, MINUTE, fails=1)
        assert (incident.outcome, incident.status) == (None, Status.OPEN)
        assert "step" not in host.recorded()
        assert host.lock.exists()
        assert incident.look_again == host.clock.time + 5 * MINUTE
    work.unlink()
    assert after(host, 5 * MINUTE).outcome is Outcome.SUCCEEDED
