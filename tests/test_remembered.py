"""The remembered configuration: as good as a fresh reading of the file, never trusted further than that."""

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from aiops_agent import remembered
from aiops_agent.config import file as sections
from aiops_agent.config import load as config
from aiops_agent.errors import ConfigError

EVERYTHING = """\
state_dir: {state}
schedule: {{every: 90s}}
sources:
  - type: file
    paths: ["/var/log/a.log", "/srv/*/b.log"]
    service: shop.service
    start: beginning
    silence: 4h
    roots: [/srv/shop]
    parameters: {{port: 8080, ratio: 0.5, strict: true, name: "=dict", tuple: tuple}}
  - {{type: file, paths: ["/var/log/syslog"]}}
  - {{type: journald, units: [postgresql.service], service: postgresql.service, silence: auto}}
  - {{type: container}}
knowledge_base: [/srv/kb]
playbooks: [/srv/playbooks]
executor: /run/elsewhere/executor.sock
patterns:
  faults: [{{contains: pump is dry, matches: "is dry$", severity: critical, category: cpu_hang}}]
  ignore: [{{contains: known noise, matches: "^known"}}]
policy:
  mode: auto
  unlock_after: 2
  repeat_interval: 3d
  approval_expires: 15m
  rules: [{{playbooks: ["restart*"], services: ["shop.*"], mode: observe}}]
  windows:
    - {{services: ["*"], days: [sat, sun], dates: [2026-12-24..2027-01-02], from: 22:30, to: "06:00", what: approve,
       timezone: Europe/Berlin}}
    - {{days: [mon]}}
  groups: [{{name: web, services: [a.service, b.service], minimum: 1}}]
  limits:
    {{runs_per_hour: 2, host_runs_per_hour: 9, repairs_per_day: 3, half_open_after: 2h, self_effect: 90s,
     systemic_services: 5}}
locale: zh
chat:
  - {{type: slack, token: "env:SLACK", channel: "#ops", locale: en}}
  - {{type: telegram, token: "file:{token}", chat_id: 7, base_url: "http://127.0.0.1:1"}}
connections:
  shop: {{type: postgresql, database: shop, user: agent, password: "env:SLACK", port: 5433}}
  cache: {{type: sqlite, database: /srv/shop/cache.db}}
audit:
  key: {{type: credential, name: shop.key}}
  auditor_key: {auditor}
  anchors: {{journal: false, file: /srv/anchors}}
  keep: 90d
models: /srv/models
signing: {{manifest: /srv/signed, trusted: /srv/trusted, group: web, two_signatures: true}}
"""
SLACK = {"SLACK": "xoxb-planted"}
LATER = 3600.0


class Place:
    """A configuration with everything in it, its state_dir and its secrets."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self.token = folder / "token"
        self.token.touch(0o600)
        self.token.write_text("123:planted\n")
        self.path = folder / "config.yaml"
        auditor = folder / "auditor.pub"
        auditor.write_text("9" * 64)
        self.path.write_text(EVERYTHING.format(state=self.state, token=self.token, auditor=auditor))
        self.kept = self.state / remembered.NAME

    def remember(self) -> None:
        remembered.save(config.load(self.path, SLACK), began=time.time() + LATER)

    def is_remembered(self, environment=SLACK) -> bool:
        return remembered._recall(self.path, environment) is not None

    def forge(self, change) -> None:
        """Put another document in the place of the remembered one."""
        document = json.loads(self.kept.read_text())
        changed = change(document)
        self.kept.write_text(json.dumps(document if changed is None else changed))


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    made.remember()
    return made


def test_what_is_remembered_is_what_the_file_says(place):
    fresh = config.load(place.path, SLACK)
    recalled = remembered._recall(place.path, SLACK)
    assert recalled == fresh
    assert [type(recalled.policy.mode), type(recalled.sources[0].paths)] == [type(fresh.policy.mode), tuple]
    assert recalled.policy.repeat_interval == timedelta(days=3)
    assert [str(window.zone) for window in recalled.policy.windows] == ["Europe/Berlin", "UTC"]
    assert [chat.token for chat in recalled.chat] == ["xoxb-planted", "123:planted"]
    assert (recalled.connections["shop"].password, recalled.connections["cache"].password) == ("xoxb-planted", "")
    assert (recalled.credential, recalled.auditor_key) == ("shop.key", place.path.with_name("auditor.pub"))


def test_this_file_knows_every_key(place):
    said = set(yaml.safe_load(place.path.read_text()))
    assert said | {"report_dir"} == set(sections.File.model_fields)
    everything = yaml.load(place.path.read_text(), config._Loader)
    for keys, model in sections.SECTIONS.items():
        section = everything
        for key in keys:
            section = section[key]
        one = section[0] if isinstance(section, list) else section
        assert set(one) == {known.alias or name for name, known in model.model_fields.items()}, keys
    for source in yaml.safe_load(place.path.read_text())["sources"][:1]:
        assert set(source) == set(sections.SOURCES[source["type"]].model_fields)


def test_no_token_is_ever_written(place):
    written = place.kept.read_text()
    assert "planted" not in written
    assert "env:SLACK" in written
    assert place.kept.stat().st_mode & 0o777 == 0o600


def test_an_edit_counts_at_once(place):
    place.path.write_text(place.path.read_text().replace("locale: zh", "locale: en"))
    assert not place.is_remembered()
    assert remembered.load(place.path, SLACK).locale == "en"


def test_an_edit_that_keeps_size_and_time_of_change_counts_too(place):
    before = place.path.stat()
    place.path.write_text(place.path.read_text().replace("locale: zh", "locale: en"))
    os.utime(place.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (place.path.stat().st_size, place.path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert remembered.load(place.path, SLACK).locale == "en"


def test_a_file_edited_within_the_second_before_it_was_read_is_not_remembered(place):
    place.kept.unlink()
    remembered.save(config.load(place.path, SLACK), began=time.time())
    assert not place.kept.exists()


def test_a_new_fault_of_the_file_is_told_although_an_older_text_is_remembered(place):
    place.path.write_text(place.path.read_text() + "colour: red\n")
    with pytest.raises(ConfigError) as caught:
        remembered.load(place.path, SLACK)
    assert [fault.key for fault in caught.value.faults] == ["colour"]


def test_a_token_that_is_gone_is_a_fault_with_its_line_all_the_same(place):
    place.token.unlink()
    with pytest.raises(ConfigError) as caught:
        remembered.load(place.path, {})
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [
        (line_of(place, "type: slack"), "chat.0.token"),
        (line_of(place, "type: telegram"), "chat.1.token"),
        (line_of(place, "type: postgresql"), "connections.shop.password"),
    ]


def line_of(place, text):
    return next(number for number, line in enumerate(place.path.read_text().splitlines(), 1) if text in line)


def test_a_new_token_is_used_at_once(place):
    place.token.write_text("456:newer")
    assert remembered.load(place.path, SLACK).chat[1].token == "456:newer"


def test_who_delivers_nothing_needs_no_token(place):
    place.token.unlink()
    assert place.is_remembered(environment=None)
    assert remembered.load(place.path, None).chat[0].token == ""


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text[:-1] + "\0",
        lambda text: "[" * 100_000,
        lambda text: '["a"]',
        lambda text: "null",
        lambda text: text.replace('"Config"', '"Path"'),
        lambda text: text.replace('"Config"', '"os.system"'),
        lambda text: text.replace('"locale"', '"colour"'),
        lambda text: text.replace('["Mode", "auto"]', '["Mode", "bold"]'),
        lambda text: text.replace('["timedelta", [3, 0, 0]]', '["timedelta", ["a"]]'),
        lambda text: text.replace('"env:SLACK"', '"xoxb"'),
        lambda text: text.replace('"Europe/Berlin"', '"Europe/Atlantis"'),
    ],
)
def test_what_is_damaged_is_ignored_and_written_anew(place, damage):
    place.kept.write_text(damage(place.kept.read_text()))
    assert not place.is_remembered()
    assert remembered.load(place.path, SLACK) == config.load(place.path, SLACK)
    place.remember()
    assert place.is_remembered()


@pytest.mark.parametrize("name", remembered.CHECKED_BY)
def test_it_is_void_after_an_upgrade_of_what_checks_the_file(place, name):
    [code] = [stamp for stamp in json.loads(place.kept.read_text())[:-1] if stamp.endswith(f"/{name}")]
    size = f" {Path(code.partition(chr(9))[2]).stat().st_size} "
    assert size in code
    place.forge(lambda document: document.__setitem__(document.index(code), code.replace(size, " 1 ")))
    assert not place.is_remembered()


def test_all_code_of_the_configuration_counts_as_what_checks_it():
    folder = Path(sections.__file__).parent
    code = {f"config/{module.name}" for module in folder.glob("*.py") if module.name != "__init__.py"}
    assert code == {name for name in remembered.CHECKED_BY if name.startswith("config/")}


def test_it_never_sends_the_agent_to_another_state_dir(place, tmp_path):
    other = str(tmp_path / "other")
    place.forge(lambda document: json.loads(json.dumps(document).replace(str(place.state), other)))
    assert not place.is_remembered()


def test_a_link_in_its_place_is_not_followed(place, tmp_path):
    moved = place.kept.rename(tmp_path / "moved")
    place.kept.symlink_to(moved)
    assert not place.is_remembered()
    place.remember()
    assert (place.kept.is_symlink(), place.is_remembered()) == (False, True)


def test_a_fifo_in_its_place_holds_nobody_up(place):
    place.kept.unlink()
    os.mkfifo(place.kept)
    assert not place.is_remembered()


@pytest.mark.parametrize("whose", ["state", "kept"])
def test_it_is_not_believed_where_anybody_can_write(place, whose):
    getattr(place, whose).chmod(0o777)
    assert not place.is_remembered()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user than the owner")
@pytest.mark.parametrize("whose", ["state", "kept"])
def test_root_does_not_believe_what_another_user_can_have_written(place, whose):
    os.chown(getattr(place, whose), 65534, 65534)
    assert not place.is_remembered()


def test_a_state_dir_that_cannot_be_written_is_no_error(place):
    place.kept.unlink()
    place.state.rmdir()
    remembered.save(config.load(place.path, SLACK), began=time.time() + LATER)
    assert not place.kept.exists()
