"""config.yaml: every fault at once, each with its line and what would be right."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.config.load import load
from aiops_agent.errors import ConfigError
from aiops_agent.model.decision import Mode
from aiops_agent.model.event import LocalPattern, Severity
from aiops_agent.policy.windows import Window

FAULTY = """\
state_dir: var/lib/x
sources:
  - type: file
    paths: ["x.log"]
    service: nginx
  - {type: file, path: [/a]}
policy: {mode: bold, repeat_interval: 4}
locale: fr
chat:
  - {type: slack, token: xoxb-in-the-clear, channel: "#ops"}
  - {type: irc}
colour: red
"""

PAIR = "{name: web, services: [a.service, b.service], minimum: 1}"


def faults_of(tmp_path, text, environment=None):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path, environment or {})
    return [(fault.line, fault.key, fault.message) for fault in caught.value.faults]


def test_every_fault_is_listed_with_its_line_and_key(tmp_path):
    found = faults_of(tmp_path, FAULTY)
    assert [(line, key) for line, key, _ in found] == [
        (1, "state_dir"),
        (4, "sources.0.paths.0"),
        (5, "sources.0.service"),
        (6, "sources.1.paths"),
        (6, "sources.1.path"),
        (7, "policy.mode"),
        (7, "policy.repeat_interval"),
        (8, "locale"),
        (11, "chat.1"),
        (12, "colour"),
    ]


@pytest.mark.parametrize(
    ("text", "would_be_right"),
    [
        ("state_dir: x", "begins with /"),
        ("policy: {mode: bold}", "'observe', 'approve' or 'auto'"),
        ("policy: {repeat_interval: 4}", "30s, 15m, 4h or 2d"),
        ("policy: {approval_expires: 99999999999999d}", "30s, 15m, 4h or 2d"),
        ('sources: [{type: file, paths: ["/a"], service: "-.service"}]', "nginx.service"),
        ("colour: red", "known: state_dir"),
        ("policy: {colour: red}", "known: mode, unlock_after, rules, windows, groups, limits"),
        ("policy: {unlock_after: -1}", "greater than or equal to 0"),
        ("policy: {rules: [{mode: auto}]}", "needs `playbooks` or `services`"),
        ("policy: {rules: [{services: [], mode: auto}]}", "at least 1 item"),
        ("policy: {rules: [{services: [a]}]}", "is missing"),
        ("policy: {rules: [{service: [a], mode: auto}]}", "known: playbooks, services, mode"),
        ("policy: {windows: [{from: 25:00}]}", "'25:00' is no time of day: 22:30"),
        ("policy: {windows: [{from: 2230}]}", "2230 is no time of day: 22:30"),
        ("policy: {windows: [{from: 22:60}]}", "no time of day"),
        ("policy: {windows: [{to: 24:01}]}", "no time of day"),
        ('policy: {windows: [{from: "22:00", to: "22:00"}]}', "the same as `from`"),
        ("policy: {windows: [{days: [monday]}]}", "'mon', 'tue'"),
        ("policy: {windows: [{days: []}]}", "at least 1 item"),
        ("policy: {windows: [{dates: [2026-13-01]}]}", "neither a date such as 2026-12-24 nor two"),
        ("policy: {windows: [{dates: [2026-12-24..2026-12-01]}]}", "from the earlier date to the later"),
        ("policy: {windows: [{timezone: Europe/Atlantis}]}", "no time zone that this host knows"),
        ("policy: {windows: [{timezone: ../../etc/passwd}]}", "no time zone that this host knows"),
        ("policy: {windows: [{until: 6}]}", "known: services, days, dates, from, to, timezone, what"),
        ("policy: {windows: [{what: auto}]}", "'observe' or 'approve'"),
        ("policy: {groups: [{name: web, services: [a.service], minimum: 1}]}", "at least 2 items"),
        ("policy: {groups: [{name: web, services: [a.service, '*.service'], minimum: 1}]}", "nginx.service"),
        ("policy: {groups: [{name: w, services: [a.service, b.service], minimum: 2}]}", "there are 1 others"),
        ("policy: {groups: [{name: w, services: [a.service, a.service], minimum: 1}]}", "there are 0 others"),
        (f"policy: {{groups: [{PAIR}, {PAIR}]}}", "two have one name"),
        ("policy: {groups: [{name: w, services: [a.service, b.service], least: 1}]}", "known: name, services, minimum"),
        ("policy: {limits: {runs_per_hour: 0}}", "greater than or equal to 1"),
        ("policy: {limits: {per_day: 1}}", "known: runs_per_hour, host_runs_per_hour"),
        ("patterns: {faults: [{contains: abc}]}", "at least four bytes that are no digits"),
        ("patterns: {faults: [{contains: '12345678abc'}]}", "at least four bytes that are no digits"),
        ("patterns: {ignore: [{contains: pump, matches: '(?<=a)b'}]}", "is not RE2"),
        ("patterns: {faults: [{contains: pump, severity: bad}]}", "critical"),
        (
            "patterns: {faults: [{contains: pump, category: unknown}]}",
            "'unknown' is not a category; known: disk_full, ",
        ),
        ("patterns: {ignore: [{contains: pump, category: disk_full}]}", "known: contains, matches"),
        ("patterns: {faults: [{contains: pump, level: error}]}", "known: contains, matches, severity"),
        ('sources: [{type: file, paths: ["/a"], silence: 30}]', "off, auto nor a duration such as 30m"),
        ('sources: [{type: file, paths: ["/a"], silence: on}]', "off, auto nor a duration such as 30m"),
        ("sources: [{type: syslog}]", "must be one of: file, journald, container"),
        ("sources: [{paths: [/a]}]", "must be one of: file, journald, container"),
        ("sources: [{type: journald, units: [postgresql]}]", "nginx.service"),
        ("sources: [{type: journald, paths: [/a]}]", "known: service, start, parameters, roots, silence, type, units"),
        ("sources: [{type: journald, service: a.service}]", "must be named beside `service`"),
        (
            "sources: [{type: container, units: [a.service]}]",
            "known: service, start, parameters, roots, silence, type, paths",
        ),
        ("sources: [{type: container, paths: [a]}]", "begins with /"),
        ('sources: [{type: file, paths: ["/a"], service: nginx}]', "nginx.service"),
        ('chat: [{type: slack, token: xoxb-1, channel: "#a"}]', "file:/etc/aiops-agent/NAME"),
        ('chat: [{type: slack, token: "env:NOT_SET", channel: "#a"}]', "NOT_SET is not set"),
        ('chat: [{type: slack, token: "file:/does/not/exist", channel: "#a"}]', "/does/not/exist"),
        (
            'chat: [{type: slack, token: "credential:slack", channel: "#a"}]',
            "LoadCredentialEncrypted=slack to the unit",
        ),
        ('chat: [{type: slack, token: "credential:../slack", channel: "#a"}]', "credential:NAME"),
        ("audit: {key: {type: tpm}}", "'file' or 'credential'"),
        ("audit: {key: {type: credential, name: a/b}}", "no name of a credential"),
        ("audit: {key: {type: credential, name: a.old}}", "ends in .old"),
        ("audit: {key: {name: a}}", "`type: credential` only"),
        ("audit: {key: {path: a}}", "known: type, name"),
        ("audit: {colour: red}", "known: key, anchors, auditor_key, keep"),
        ("audit: {auditor_key: auditor.pub}", "absolute path"),
        ("audit: {auditor_key: /does/not/exist}", "make-auditor-key"),
        ("audit: {auditor_key: 7}", "valid string"),
        ("sources: [", "not YAML"),
        ("a: 1\na: 2", "twice"),
        ("[" * 5000, "not YAML"),
        ("state_dir: !!python/object:os.system {}", "not YAML"),
    ],
)
def test_a_fault_says_what_would_be_right(tmp_path, text, would_be_right):
    assert any(would_be_right in message for _, _, message in faults_of(tmp_path, text))


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("missing.yaml", "binary.yaml"):
        with pytest.raises(ConfigError, match=name):
            load(tmp_path / name, {})


def test_what_is_left_out_has_its_documented_default(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("")
    config = load(path, {})
    assert config.state_dir == Path("/var/lib/aiops-agent")
    assert config.report_dir == Path("/var/lib/aiops-agent/reports")
    assert config.policy.mode is Mode.APPROVE
    assert config.policy.repeat_interval == timedelta(hours=4)
    assert config.every == timedelta(minutes=5)


def test_the_shipped_example_holds_every_default_and_is_right():
    config = load(Path(__file__).parent.parent / "config.yaml", {})
    assert config.policy.mode is Mode.APPROVE
    assert config.sources[0].service is None


def test_a_fault_in_a_rule_or_a_window_is_told_with_its_own_line_and_key(tmp_path):
    text = """\
policy:
  mode: approve
  rules:
    - {playbooks: [a], mode: auto}
    - playbooks: [b]
      mode: bold
  windows:
    - what: observe
      from: "22:00"
      to: "6:00"
    - timezone: Nowhere
  limits:
    self_effect: soon
"""
    found = [(line, key) for line, key, _ in faults_of(tmp_path, text)]
    assert found == [
        (6, "policy.rules.1.mode"),
        (10, "policy.windows.0.to"),
        (11, "policy.windows.1.timezone"),
        (13, "policy.limits.self_effect"),
    ]


@pytest.mark.parametrize("written", ["22:30", '"22:30"'])
def test_a_time_of_day_may_stand_without_quotes(tmp_path, written):
    """YAML 1.1 takes 22:30 for a number of base sixty."""
    path = tmp_path / "config.yaml"
    path.write_text(f"policy: {{windows: [{{from: {written}, to: 06:00, days: [fri]}}]}}\n")
    assert load(path, {}).policy.windows == (Window(days=(4,), begins=22 * 60 + 30, ends=6 * 60),)


@pytest.mark.parametrize(
    ("written", "read"),
    [("30m", timedelta(minutes=30)), ("auto", "auto"), ("off", None), ('"off"', None), ("null", None)],
)
def test_how_long_a_source_may_be_silent_is_a_duration_auto_or_off(tmp_path, written, read):
    path = tmp_path / "config.yaml"
    path.write_text(f'sources: [{{type: file, paths: ["/a"], silence: {written}}}]')
    assert load(path, {}).sources[0].silence == read


def test_the_journal_and_containers_need_nothing_but_their_type(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("sources: [{type: journald}, {type: container}, {type: journald, units: [a.service]}]")
    whole, containers, unit = load(path, {}).sources
    assert (whole.units, whole.services, whole.name) == ((), (), "journald")
    assert containers.paths == ("/var/lib/docker/containers/*/*-json.log", "/var/log/pods/*/*/*.log")
    assert (unit.units, unit.services, unit.name) == (("a.service",), ("a.service",), "a.service")
    assert len({source.key for source in (whole, containers, unit)}) == 3


def test_a_journal_and_a_file_of_one_unit_that_disagree_on_a_parameter_are_refused(tmp_path):
    text = """\
sources:
  - {type: journald, units: [shop.service, cart.service], parameters: {port: 80}}
  - {type: file, paths: ["/a"], service: cart.service, parameters: {port: 81}}
"""
    [(line, key, message)] = faults_of(tmp_path, text)
    assert (line, key) == (3, "sources.1.parameters.port")
    assert "another source of cart.service says 80" in message


def test_two_sources_of_one_service_that_disagree_on_a_parameter_are_refused(tmp_path):
    text = """\
sources:
  - {type: file, paths: ["/a"], service: shop.service, parameters: {lock_file: /srv/a.lock, port: 80}}
  - {type: file, paths: ["/b"], service: cart.service, parameters: {lock_file: /srv/b.lock}}
  - type: file
    paths: ["/c"]
    service: shop.service
    parameters:
      port: 80
      lock_file: /srv/c.lock
"""
    [(line, key, message)] = faults_of(tmp_path, text)
    assert (line, key) == (9, "sources.2.parameters.lock_file")
    assert "/srv/a.lock" in message


def written(place, secret, mode=0o600):
    place.write_bytes(secret)
    place.chmod(mode)
    return place


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o601, 0o620, 0o666])
def test_a_token_in_a_file_that_others_can_get_at_is_refused_with_the_way_out(tmp_path, mode):
    place = written(tmp_path / "token", b"xoxb-secret", mode)
    text = f'sources: []\nchat:\n  - {{type: slack, token: "file:{place}", channel: "#a"}}'
    [(line, key, message)] = faults_of(tmp_path, text)
    assert (line, key) == (3, "chat.0.token")
    assert f"chmod 600 {place}" in message
    assert f"{mode:o}" in message
    assert "xoxb" not in message


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_token_may_be_read_by_its_owner_and_a_group(tmp_path, mode):
    place = written(tmp_path / "token", b"xoxb-secret\n", mode)
    path = tmp_path / "config.yaml"
    path.write_text(f'chat: [{{type: slack, token: "file:{place}", channel: "#a"}}]')
    assert [chat.token for chat in load(path, {}).chat] == ["xoxb-secret"]


def test_a_token_that_is_no_plain_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    text = f'chat: [{{type: slack, token: "file:{tmp_path}/pipe", channel: "#a"}}]'
    assert faults_of(tmp_path, text) == [(1, "chat.0.token", f"{tmp_path}/pipe is no plain file")]


def test_a_plain_secret_is_refused_with_its_line_and_the_ways_out_and_is_not_quoted(tmp_path):
    text = 'sources: []\nchat:\n  - type: slack\n    token: xoxb-in-the-clear\n    channel: "#a"'
    [(line, key, message)] = faults_of(tmp_path, text)
    assert (line, key) == (4, "chat.0.token")
    assert all(way in message for way in ("file:", "env:", "credential:", "0600"))
    assert "xoxb" not in message


def test_a_token_that_is_no_text_is_refused_without_a_byte_of_it(tmp_path):
    written(tmp_path / "token", b"secret\xff")
    text = f'chat: [{{type: slack, token: "file:{tmp_path}/token", channel: "#a"}}]'
    assert faults_of(tmp_path, text) == [(1, "chat.0.token", f"{tmp_path}/token holds what is no text")]


def test_a_secret_comes_from_the_environment_or_a_file_and_is_not_shown(tmp_path):
    written(tmp_path / "token", b"123:from-file\n")
    path = tmp_path / "config.yaml"
    path.write_text(f"""\
chat:
  - {{type: slack, token: "env:SLACK", channel: "#ops"}}
  - {{type: telegram, token: "file:{tmp_path}/token", chat_id: -100}}
""")
    config = load(path, {"SLACK": "xoxb-from-env"})
    assert [chat.token for chat in config.chat] == ["xoxb-from-env", "123:from-file"]
    assert [chat.target for chat in config.chat] == ["#ops", "-100"]
    assert "from-" not in repr(config)


def test_a_token_can_be_a_credential_of_systemd(tmp_path):
    (tmp_path / "slack").write_text("xoxb-from-systemd\n")
    path = tmp_path / "config.yaml"
    path.write_text('chat: [{type: slack, token: "credential:slack", channel: "#ops"}]')
    given = load(path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert [chat.token for chat in given.chat] == ["xoxb-from-systemd"]
    assert [chat.token for chat in load(path, None).chat] == [""]
    assert faults_of(tmp_path, path.read_text(), {"CREDENTIALS_DIRECTORY": f"{tmp_path}/none"})[0][:2] == (
        1,
        "chat.0.token",
    )


@pytest.mark.parametrize(
    ("written", "credential"),
    [
        ("{}", None),
        ("{key: {type: file}}", None),
        ("{key: {type: credential}}", "aiops-agent.wrapping"),
        ("{key: {type: credential, name: shop.audit-key_1}}", "shop.audit-key_1"),
    ],
)
def test_the_wrapping_key_is_a_file_or_a_credential(tmp_path, written, credential):
    path = tmp_path / "config.yaml"
    path.write_text(f"audit: {written}")
    assert load(path, {}).credential == credential


def test_the_key_of_an_auditor_is_looked_at_when_the_file_is_read(tmp_path):
    key, path = tmp_path / "auditor.pub", tmp_path / "config.yaml"
    key.write_text("9" * 64)
    path.write_text(f"audit: {{auditor_key: {key}}}")
    assert load(path, {}).auditor_key == key
    key.write_text("9" * 63)
    [(line, name, message)] = faults_of(tmp_path, path.read_text())
    assert (line, name) == (1, "audit.auditor_key")
    assert "neither 32 bytes nor 64 hex digits" in message


def test_patterns_of_the_host_are_read_with_their_severity(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        "patterns: {faults: [{contains: pump is dry, severity: critical}, {contains: jam it, category: cpu_hang}],"
        " ignore: [{contains: noise, matches: x}]}"
    )
    read = load(path, {})
    assert read.faults == (
        LocalPattern("pump is dry", "", Severity.CRITICAL),
        LocalPattern("jam it", "", Severity.ERROR, "cpu_hang"),
    )
    assert read.ignore == (LocalPattern("noise", "x"),)
