import pytest

from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.lint import lint, placed
from aiops_agent.playbook.load import load
from aiops_agent.playbook.vocabulary import command
from aiops_agent.ports import never
from tests.fakes import SteppingClock
from tests.playbook.make import REPAIR, write


def advice(folder, text, name="repair.yaml"):
    return lint(load(write(folder, text, name)))


def test_a_careful_playbook_gets_no_advice(tmp_path):
    assert advice(tmp_path, REPAIR) == []


COMPRESS = "compress: {directory: $lock, pattern: '*.log*'}"


DELETE = "delete_old: {directory: $lock, pattern: '*.gz', older_than: 7d}"
OPPOSITE = "nothing there denies what verify wants, so a healthy service may be repaired; add its opposite"
MORE = "disk_use: {path: /srv, above: 90}"
STATES = "[active, inactive, failed, activating, deactivating, reloading]"


@pytest.mark.parametrize(
    ("written", "instead", "expected"),
    [
        (
            "move_aside: {path: $lock}",
            "signal: {pid_file: $lock, name: TERM}",
            "risk: low is too low for signal; say medium",
        ),
        ("move_aside: {path: $lock}", "unit: {stop: shop.service}", "risk: low is too low for unit; say medium"),
        ("move_aside: {path: $lock}", "unit: {restart: shop.service}", "steps: unit names its unit outright"),
        ("move_aside: {path: $lock}", COMPRESS, "steps: the pattern of compress matches logs that are being written"),
        ("- http: {url: $url}", "- http_down: {url: $url}", "verify: http_down already holds before the repair"),
        ("- http: {url: $url}", "- disk_use: {path: /srv, above: 0}", "disk_use: this probe cannot fail"),
        ("cooldown: 15m", "cooldown: 2s", "cooldown: is shorter than verify.within"),
        ("verify:\n  within: 3s\n  probes:\n    - http: {url: $url}\n", "", "verify: is missing"),
        ("evidence:\n  - file_exists: {path: $lock}\n  - http_down: {url: $url}\n", "", "evidence: is missing"),
        ("name: repair", "name: mend", "name: the file is called repair.yaml"),
        ("caps: {per_day: 3}", "caps: {per_day: 13, per_hour: 1}", "caps: are above 3 an hour and 12 a day"),
        ("caps: {per_day: 3}", "caps: {per_day: 5}", "caps: are above 3 an hour"),
        ("caps: {per_day: 3}", "busy: false", "busy: false lets it act in the middle of an upgrade"),
        ("move_aside: {path: $lock}", "signal_unit: {unit: a.service, name: HUP}", "steps: signal_unit names its unit"),
        (
            "- move_aside: {path: $lock}",
            "- move_aside: {path: $lock}\n    as: root",
            "risk: low is too low for move_aside",
        ),
        (
            "move_aside: {path: $lock}",
            "wait_until: {within: 9s, probe: {file_absent: {path: $lock}}}",
            "steps: only wait",
        ),
        ("move_aside: {path: $lock}", DELETE, "risk: low is too low for delete_old"),
        ("move_aside: {path: $lock}", DELETE.replace("7d", "7d, keep: 0"), "steps: delete_old has no lower bound"),
        ("move_aside: {path: $lock}", DELETE.replace("7d", "7h"), "steps: delete_old takes what is younger than a day"),
        ("move_aside: {path: $lock}", DELETE.replace("*.gz", "*log*"), "steps: the pattern of delete_old matches logs"),
        (
            "- http: {url: $url}",
            "- unit_state: {unit: a.service, is: " + STATES + "}",
            "unit_state: this probe cannot fail",
        ),
        ("- http: {url: $url}", "- inode_use: {path: /srv, below: 100}", "inode_use: this probe cannot fail"),
        ("- http: {url: $url}", "- log_quiet: {for: 2s}", "verify: only the log is listened to"),
        ("- http: {url: $url}", "- port: {host: localhost, port: 1, is: open}", "evidence: nothing there denies what"),
        ("  - http_down: {url: $url}\n", "", "evidence: nothing there denies what verify wants"),
        ("  - http_down: {url: $url}\n", "", f"evidence: {OPPOSITE}: http_down: {{url: $url}}"),
        (
            "- http: {url: $url}",
            "- port: {host: localhost, port: 1, is: open}",
            f"evidence: {OPPOSITE}: port with another",
        ),
        (
            "- http: {url: $url}",
            "- disk_use: {path: /srv, below: 90}",
            f"evidence: {OPPOSITE}: disk_use: {{path: /srv, above: 90}}",
        ),
    ],
)
def test_what_its_author_will_be_sorry_for_is_said(tmp_path, written, instead, expected):
    assert written in REPAIR
    assert any(line.startswith(expected) for line in advice(tmp_path, REPAIR.replace(written, instead)))


READS = (
    "file_unused: {path: $lock}",
    "older_than: {path: $lock, age: 1h}",
    "process_of: {pid_file: $lock, is: gone}",
    "config: {path: $lock, format: json, is: valid}",
)


@pytest.mark.parametrize("reads", READS)
def test_what_reads_a_file_denies_that_it_is_absent(tmp_path, reads):
    wants = REPAIR.replace("- http: {url: $url}", "- file_absent: {path: $lock}")
    assert advice(tmp_path, wants.replace("file_exists: {path: $lock}", reads)) == []
    [said] = advice(tmp_path, wants.replace("file_exists: {path: $lock}", reads.replace("$lock", "/run/other")))
    assert said.startswith("evidence: nothing there denies")
    [probe] = load(write(tmp_path, wants.replace("file_exists: {path: $lock}", reads), "repair.yaml")).evidence[:1]
    gone = {name: str(tmp_path / "gone") if value == "$lock" else value for name, value in probe.arguments.items()}
    assert not EmbeddedExecutor(SteppingClock()).run(command(probe.verb, gone), never).ok, "so it may count as one"


def test_each_piece_of_advice_has_the_line_it_is_about(tmp_path):
    text = REPAIR.replace("cooldown: 15m", "cooldown: 2s").replace("  - http_down: {url: $url}\n", "")
    path = write(tmp_path, text.replace("caps: {per_day: 3}\n", "caps: {per_day: 13}\n"))
    lines = path.read_text().splitlines()
    said = placed(load(path), path.read_bytes())
    assert [lines[each.line - 1].partition(":")[0] for each in said] == ["evidence", "cooldown", "caps"]
    assert str(said[0]).startswith(f"{path}:9: evidence: nothing there denies")
    path.write_text(REPAIR[: REPAIR.index("verify:")])
    [missing] = placed(load(path), path.read_bytes())
    assert (missing.key, missing.line) == ("verify", 0)


EVERYWHERE = """\
name: restart
version: 1
description: {en: Restart it.}
risk: low
for: {categories: [service_failure], services: ["*"]}
params: {unit: {from: source.service}}
evidence: [{unit_state: {unit: $unit, is: failed}}]
steps: [{unit: {restart: $unit}}]
verify: {within: 60s, probes: [{unit_state: {unit: $unit, is: active}}]}
"""


def test_a_playbook_for_everything_that_asks_for_nothing_is_advised_against(tmp_path):
    assert advice(tmp_path, EVERYWHERE, "restart.yaml") == [
        "for: services says * and nothing has to be configured for it, so it acts on every service; name them"
    ]
    assert advice(tmp_path, EVERYWHERE.replace('"*"', '"shop-*.service"'), "restart.yaml") == []
    assert advice(tmp_path, REPAIR.replace('["shop-*.service", shop.service]', '["*"]')) == []


MEDIUM = REPAIR.replace("risk: low", "risk: medium").replace(
    "move_aside: {path: $lock}", "signal: {pid_file: $lock, name: TERM}"
)


def test_from_medium_on_the_undo_is_thought_about(tmp_path):
    assert advice(tmp_path, MEDIUM) == [
        "undo: is missing, and signal is not taken back by itself; say what does, or `undo: []`"
    ]
    assert advice(tmp_path, MEDIUM + "undo: []\n") == []
    assert advice(tmp_path, REPAIR.replace("risk: low", "risk: medium")) == [], "a file moved aside is put back"


@pytest.mark.parametrize(
    ("evidence", "verify"),
    [
        ("file_exists: {path: $lock}", "file_absent: {path: $lock}"),
        ("unit_state: {unit: a.service, is: [failed, inactive]}", "unit_state: {unit: a.service, is: active, for: 2s}"),
        ("process_of: {pid_file: $lock, is: gone}", "process_of: {pid_file: $lock, is: alive}"),
        ("disk_use: {path: /srv, above: 90}", "disk_use: {path: /srv, below: 90}"),
        ("port: {host: localhost, port: 80, is: closed}", "port: {host: localhost, port: 80, is: open}"),
    ],
)
def test_evidence_that_denies_what_verify_wants_needs_no_advice(tmp_path, evidence, verify):
    text = REPAIR.replace("http_down: {url: $url}", evidence).replace("- http: {url: $url}", f"- {verify}")
    text = text.replace("  url: {from: source.parameters.health_url}\n", "")
    assert advice(tmp_path, text) == []
