"""What a playbook can say beyond one probe and one step: parameters, roots, limits, waiting, root, command lines."""

from datetime import UTC, datetime, timedelta

import pytest

from aiops_agent.model.playbook import Busy, Throttle
from aiops_agent.model.risk import Risk
from aiops_agent.playbook.bind import Bound, Unbound, bind, fits
from aiops_agent.playbook.load import load, schema
from tests.playbook.make import PARAMETERS, REPAIR, write
from tests.playbook.test_load import faults_of

PARAMS = "params:\n  lock: {from: source.parameters.lock_file}\n"
SIGNED = """\
name: run-it
version: 1
description: {en: Run it.}
risk: high
for: {categories: [service_failure], services: [shop.service]}
params: {unit: {from: source.service}}
evidence: [{unit_state: {unit: $unit, is: [failed, inactive]}}]
steps: [{run: {argv: [/usr/local/bin/mend, --unit, $unit, "; rm -rf /"]}, timeout: 20s}]
verify: {within: 60s, probes: [{unit_state: {unit: $unit, is: active, for: 10s}}]}
undo: [{unit: {start: $unit}}]
"""


def aimed(folder, text, parameters=PARAMETERS, *, service="shop.service", roots=(), look=None, ours=()):
    return bind(load(write(folder, text)), service, parameters, roots=roots, look=look, ours=ours)


def reasons(folder, text, parameters=PARAMETERS, **how) -> str:
    found = aimed(folder, text, parameters, **how)
    assert isinstance(found, Unbound)
    return str(found)


def with_lines(*lines: str) -> str:
    return REPAIR + "".join(f"{line}\n" for line in lines)


# What may be said once for the whole playbook.


def test_limits_are_what_the_file_says(tmp_path):
    text = with_lines(
        "grace: 5m",
        "busy: {processes: [mysqldump], locks: [/run/shop/deploy.lock]}",
        "throttle: {once_within: 1h, once_after: 5m, accumulate_within: {times: 3, within: 10m}, "
        "error_without_recovery: 2m}",
    )
    playbook = load(write(tmp_path, text))
    assert playbook.grace == timedelta(minutes=5)
    assert playbook.busy == Busy(("mysqldump",), ("/run/shop/deploy.lock",))
    assert playbook.throttle == Throttle(
        timedelta(hours=1), timedelta(minutes=5), (3, timedelta(minutes=10)), timedelta(minutes=2)
    )


def test_what_is_left_out_is_careful(tmp_path):
    playbook = load(write(tmp_path))
    assert (playbook.busy, playbook.throttle, playbook.grace) == (Busy(), Throttle(), timedelta(0))


def test_grace_and_busy_are_probed_before_everything_else(tmp_path):
    bound = aimed(tmp_path, with_lines("grace: 5m", "busy: {locks: [/run/shop/deploy.lock]}"))
    asked = ["not_busy", "untouched", "past_grace", "file_exists", "http_down"]
    assert [probe.verb for probe in bound.evidence] == asked
    assert bound.evidence[0].arguments == {"locks.0": "/run/shop/deploy.lock"}
    assert bound.evidence[1].arguments == {"unit": "shop.service", "for": 900}
    assert bound.evidence[2].arguments == {"unit": "shop.service", "for": 300}


def test_what_was_our_own_hand_is_said_to_who_looks_for_others(tmp_path):
    began, ended = datetime(2026, 11, 23, 3, tzinfo=UTC), datetime(2026, 11, 23, 3, 1, tzinfo=UTC)
    bound = aimed(tmp_path, REPAIR, ours=[(began, ended)])
    assert bound.evidence[1].arguments["ours.0"] == "1795402800.000000 1795402860.000000"


def test_who_says_that_nobody_is_waited_for_waits_for_nobody(tmp_path):
    bound = aimed(tmp_path, with_lines("busy: false"))
    assert [probe.verb for probe in bound.evidence] == ["file_exists", "http_down"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("busy: true", "20: busy: "),
        ("busy: {lock: [/a]}", "20: busy.lock: is not a known key; known: locks, processes"),
        ("grace: soon", "20: grace: 'soon' is not a duration"),
        ("throttle: {}", "20: throttle: says nothing; known: once_within"),
        ("throttle: {twice: 1m}", "20: throttle.twice: is not a known key; known: accumulate_within"),
        ("throttle: {accumulate_within: {times: 1, within: 1m}}", "20: throttle.accumulate_within.times: "),
        ("roots: [srv]", "20: roots.0: 'srv' is not an absolute path"),
        ("roots: [/]", "20: roots.0: '/' is everything"),
        ("roots: []", "20: roots: must have at least one entry"),
    ],
)
def test_a_limit_with_a_fault_is_named_with_its_line(tmp_path, line, expected):
    assert any(expected in fault for fault in faults_of(tmp_path, with_lines(line))), faults_of(
        tmp_path, with_lines(line)
    )


def test_a_wait_for_recovery_needs_evidence_that_tells_of_it(tmp_path):
    text = with_lines("throttle: {error_without_recovery: 2m}").replace(
        "evidence:\n  - file_exists: {path: $lock}\n  - http_down: {url: $url}\n", ""
    )
    assert any("evidence: is missing: it tells whether the fault has recovered" in f for f in faults_of(tmp_path, text))


# Steps and probes.


def test_several_states_a_time_and_a_deadline_of_its_own(tmp_path):
    text = REPAIR.replace(
        "- http: {url: $url}",
        "- unit_state: {unit: shop.service, is: [active, reloading], for: 10s}\n      timeout: 3s",
    )
    [probe] = aimed(tmp_path, text).verify
    assert probe.arguments == {"unit": "shop.service", "is": "active reloading", "for": 10}
    assert probe.timeout == timedelta(seconds=3)


def test_a_step_can_wait_until_a_probe_holds(tmp_path):
    waiting = "- wait_until: {within: 20s, probe: {file_absent: {path: $lock}}}\n  - move_aside: {path: $lock}"
    step, moving = aimed(tmp_path, REPAIR.replace("- move_aside: {path: $lock}", waiting)).steps
    assert (step.changes, step.timeout, step.probe.verb) == (False, timedelta(seconds=20), "file_absent")
    assert step.probe.arguments == {"path": PARAMETERS["lock_file"]}
    assert (moving.verb, moving.probe) == ("move_aside", None)


def test_what_listens_to_the_log_comes_first_in_the_verification(tmp_path):
    text = REPAIR.replace("within: 3s", "within: 30s").replace(
        "    - http: {url: $url}", "    - http: {url: $url}\n    - log_quiet: {for: 20s}"
    )
    assert [probe.verb for probe in aimed(tmp_path, text).verify] == ["log_quiet", "http"]


def test_a_step_as_root_needs_an_executor_with_root(tmp_path):
    text = REPAIR.replace("- move_aside: {path: $lock}", "- move_aside: {path: $lock}\n    as: root")
    assert load(write(tmp_path, text)).privileged
    assert [step.privileged for step in aimed(tmp_path, text).steps] == [True]


STEP = "- move_aside: {path: $lock}"


@pytest.mark.parametrize(
    ("written", "instead", "expected"),
    [
        (STEP, STEP + "\n    as: nobody", "steps.0.as: 'nobody' is not known"),
        (STEP, "- signal: {pid_file: $lock, name: TERM}\n    as: root", "steps.0.as: is not for this word"),
        (STEP, STEP + "\n    timeout: ages", "steps.0.timeout: 'ages' is not a duration"),
        ("- http: {url: $url}", "- http: {url: $url}\n      timeout: 3s", "takes `timeout` among its arguments"),
        (STEP, "- wait_until: {within: 20s}", "wait_until.probe: is missing"),
        (STEP, "- wait_until: {within: 20s, probe: {log_quiet: {for: 1s}}}", "is a probe for `verify` only"),
        (STEP, "- wait_until: {within: 20s, probe: {move_aside: {path: $lock}}}", "is a step that does not belong"),
        ("- http_down: {url: $url}", "- log_quiet: {for: 3s}", "is a probe for `verify` only"),
        ("- http: {url: $url}", "- log_quiet: {for: 30s}", "is longer than verify.within"),
        ("cooldown", "undo: [{wait_until: {within: 1s, probe: {file_absent: {path: $lock}}}}]\ncooldown", "not belong"),
        ("- http: {url: $url}", "- not_busy: {}", "not_busy: is not known here"),
        ("- http: {url: $url}", "- unit_state: {unit: a.service, is: []}", "must name each state once"),
        ("- http: {url: $url}", "- unit_state: {unit: a.service, is: [active, active]}", "must name each state once"),
        ("- http: {url: $url}", "- unit_state: {unit: a.service, is: [up]}", "'up' is not one of active"),
        ("- http: {url: $url}", "- sql: {connection: $url, query: SELECT 1, is: 1}", "a parameter cannot stand here"),
        ("- http: {url: $url}", "- sql: {connection: db, query: $url, is: 1}", "a parameter cannot stand here"),
        ("- http: {url: $url}", "- sql: {connection: db, query: DELETE FROM a, is: 1}", "it begins with SELECT"),
        ("- http: {url: $url}", "- sql: {connection: db, query: SELECT 1; DROP TABLE a, is: 1}", "one statement"),
        ("- http: {url: $url}", "- sql: {connection: db, query: SELECT 1}", "exactly one of above, below, is"),
    ],
)
def test_a_fault_of_a_step_or_probe_names_what_would_be_right(tmp_path, written, instead, expected):
    assert written in REPAIR
    found = faults_of(tmp_path, REPAIR.replace(written, instead))
    assert any(expected in fault for fault in found), found


# Command lines.


def test_a_command_line_is_signed_risky_and_has_an_undo(tmp_path):
    playbook = load(write(tmp_path, SIGNED))
    assert (playbook.needs_signature, playbook.privileged, playbook.risk) == (True, True, Risk.HIGH)
    assert not load(write(tmp_path)).needs_signature


def test_each_word_of_a_command_line_is_an_argument_of_its_own(tmp_path):
    [step] = aimed(tmp_path, SIGNED).steps
    assert list(step.arguments.values()) == ["/usr/local/bin/mend", "--unit", "shop.service", "; rm -rf /"]
    assert list(step.arguments) == ["argv.0", "argv.1", "argv.2", "argv.3"]
    assert step.timeout == timedelta(seconds=20)


@pytest.mark.parametrize("risk", ["low", "medium"])
def test_a_command_line_below_risk_high_is_refused(tmp_path, risk):
    found = faults_of(tmp_path, SIGNED.replace("risk: high", f"risk: {risk}"))
    assert found == [":4: risk: must be high or critical: run is a command line, which no schema can judge"]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [("mend $unit", "must be a list"), ("[]", "must be a list"), ("['a $unit']", "nothing is put together")],
)
def test_a_command_line_is_a_list_of_whole_words(tmp_path, argv, expected):
    text = SIGNED.replace('[/usr/local/bin/mend, --unit, $unit, "; rm -rf /"]', argv)
    assert any(expected in fault for fault in faults_of(tmp_path, text))


# Parameters.


def params(*lines: str) -> str:
    return REPAIR.replace(PARAMS, PARAMS + "".join(f"  {line}\n" for line in lines))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("type: port", 8080, 70000),
        ("type: int, min: 1, max: 4", 4, 5),
        ("type: choice, choices: [json, yaml]", "json", "xml"),
        ("type: duration", "30s", "30"),
        ("type: unit", "shop.service", "shop"),
        ("type: path", "/srv/shop", "srv"),
    ],
)
def test_a_typed_parameter_is_checked_before_anything_uses_it(tmp_path, kind, good, bad):
    extra = f"extra: {{from: source.parameters.extra, {kind}}}"
    used = "- sql: {connection: db, query: SELECT 1, is: $extra}"
    text = params(extra).replace("- http: {url: $url}", f"- http: {{url: $url}}\n    {used}")
    assert isinstance(aimed(tmp_path, text, {**PARAMETERS, "extra": good}), Bound)
    assert "parameters.extra: " in reasons(tmp_path, text, {**PARAMETERS, "extra": bad})


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("{from: source.service, type: port, min: 1}", "params.x.min: stands beside `type: int` only"),
        ("{from: source.service, type: choice}", "params.x.choices: stands beside"),
        ("{from: source.parameters.a, type: int, min: 3, max: 2}", "params.x.min: is above max"),
        ("{from: source.service, user: root}", "params.x.user: is for parameters from the inventory only"),
        ("{from: inventory.mount}", "params.x.path: is missing: it chooses the mount"),
        ("{from: inventory.unit, named: '*'}", "params.x.named: '*' is not a pattern for units"),
        ("{from: inventory.port, user: root}", "params.x: a port is chosen by `unit`, or by"),
        ("{from: inventory.disk, path: /srv}", "params.x.from: must be source.service"),
        ("{from: record.path}", "params.x.from: must be source.service"),
        ("{from: inventory.mount, path: $y}", "params.x.path: $y is not declared"),
    ],
)
def test_a_parameter_with_a_fault_is_named(tmp_path, param, expected):
    used = "- sql: {connection: db, query: SELECT 1, is: $x}"
    text = params(f"x: {param}").replace("- http: {url: $url}", f"- http: {{url: $url}}\n    {used}")
    found = faults_of(tmp_path, text)
    assert any(expected in fault for fault in found), found


MOUNT = params("mount: {from: inventory.mount, path: $lock}").replace(
    "- http_down: {url: $url}", "- http_down: {url: $url}\n  - disk_use: {path: $mount, above: 90}"
)


def test_a_parameter_from_the_inventory_is_chosen_by_one_from_the_source(tmp_path):
    asked = []

    def look(name, arguments):
        asked.append((name, arguments))
        return ["/run"]

    bound = aimed(tmp_path, MOUNT, look=look)
    assert asked == [("mount", {"path": PARAMETERS["lock_file"]})]
    assert bound.evidence[-1].arguments["path"] == "/run"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], "inventory.mount for $mount finds nothing instead of one"),
        (["/run", "/srv"], "finds 2 instead of one: /run, /srv"),
        (["run"], "inventory.mount: 'run' is not an absolute path"),
    ],
)
def test_what_the_inventory_does_not_have_exactly_once_is_an_error(tmp_path, found, expected):
    assert expected in reasons(tmp_path, MOUNT, look=lambda name, arguments: found)


def test_a_host_that_cannot_be_looked_at_is_an_error(tmp_path):
    def look(name, arguments):
        raise ValueError("systemd does not answer")

    assert "inventory.mount: systemd does not answer" in reasons(tmp_path, MOUNT, look=look)


def test_whether_a_playbook_fits_is_told_without_a_look_at_the_host(tmp_path):
    playbook = load(write(tmp_path, MOUNT))
    assert fits(playbook, "shop.service", PARAMETERS) is None
    assert "parameters.lock_file" in str(fits(playbook, "shop.service", {}))


def test_what_comes_from_the_inventory_cannot_choose_there(tmp_path):
    text = params(
        "mount: {from: inventory.mount, path: $other}", "other: {from: inventory.mount, path: $lock}"
    ).replace(
        "- http_down: {url: $url}", "- disk_use: {path: $mount, above: 9}\n  - disk_use: {path: $other, above: 9}"
    )
    assert any("$other comes from the inventory itself" in fault for fault in faults_of(tmp_path, text))


# Roots.


def test_a_path_of_the_configuration_declares_its_own_folder(tmp_path):
    assert aimed(tmp_path, REPAIR).steps[0].arguments["path_root"] == "/run/shop"


def test_where_roots_are_declared_the_path_lies_below_one_of_each(tmp_path):
    text = with_lines("roots: [/srv, /run/shop]")
    assert aimed(tmp_path, text).steps[0].arguments["path_root"] == "/run/shop"
    assert aimed(tmp_path, text, roots=["/run"]).steps[0].arguments["path_root"] == "/run/shop"
    assert "lies below none of the declared roots" in reasons(tmp_path, text, roots=["/srv"])
    assert "lies below none of the declared roots (/var/lib)" in reasons(tmp_path, REPAIR, roots=["/var/lib"])


@pytest.mark.parametrize("path", ["/run/shop", "/run/shopping/lock", "/run/sho"])
def test_a_root_is_a_folder_and_no_beginning_of_a_name(tmp_path, path):
    text = with_lines("roots: [/run/shop]")
    assert "none of the declared roots" in reasons(tmp_path, text, {**PARAMETERS, "lock_file": path})


def test_a_path_that_is_written_out_needs_a_declared_root(tmp_path):
    text = REPAIR.replace("move_aside: {path: $lock}", "move_aside: {path: /run/shop/lock}")
    assert any("steps.0.move_aside.path: /run/shop/lock lies below none" in f for f in faults_of(tmp_path, text))
    assert aimed(tmp_path, text + "roots: [/run/shop]\n").steps[0].arguments["path_root"] == "/run/shop"


def test_a_path_from_the_inventory_declares_no_root(tmp_path):
    text = params("mount: {from: inventory.mount, path: $lock}").replace(
        "move_aside: {path: $lock}", "compress: {directory: $mount, pattern: '*.log.1'}"
    )
    assert "none of the declared roots (none)" in reasons(tmp_path, text, look=lambda *_: ["/run"])


def test_the_schema_has_every_new_word():
    text = str(schema())
    for word in (
        "wait_until", "log_quiet", "sql", "process", "inode_use", "config_test", "delete_old", "signal_unit", "run",
        "argv", "restarts_below", "once_within", "once_after", "accumulate_within", "error_without_recovery", "grace",
        "busy", "roots", "named", "choices", "'as'", "timeout",
    ):  # fmt: skip
        assert word in text
    assert "not_busy" not in text
    assert "past_grace" not in text
