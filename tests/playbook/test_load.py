import hashlib
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.errors import PlaybookError
from aiops_agent.model.playbook import Caps
from aiops_agent.model.risk import Risk
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.playbook.load import load, load_folders, schema
from tests.playbook.make import REPAIR, write


def faults_of(folder: Path, text: str) -> list[str]:
    path = write(folder, text)
    with pytest.raises(PlaybookError) as refused:
        load(path)
    return [str(fault).removeprefix(str(path)) for fault in refused.value.faults]


def test_a_playbook_is_what_its_file_says(tmp_path):
    path = write(tmp_path)
    playbook = load(path)
    assert (playbook.name, playbook.version, playbook.risk) == ("repair", 1, Risk.LOW)
    assert {name: param.origin for name, param in playbook.params.items()} == {
        "lock": "source.parameters.lock_file",
        "url": "source.parameters.health_url",
    }
    assert [template.verb for template in playbook.evidence] == ["file_exists", "http_down"]
    assert playbook.verify_within == timedelta(seconds=3)
    assert playbook.cooldown == timedelta(minutes=15)
    assert playbook.caps == Caps(per_hour=3, per_day=3)
    assert playbook.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not playbook.privileged


def test_the_example_of_the_contract_loads(tmp_path):
    text = """\
name: restart-failed-unit
version: 3
description: {en: "...", zh: "..."}
risk: low                              # low | medium | high | critical
for: {categories: [service_failure, process_crash], services: ["*.service"]}
params: {unit: {from: source.service}}
evidence: [{unit_state: {unit: $unit, is: failed}}]
steps: [{unit: {restart: $unit}}]
verify: {within: 60s, probes: [{unit_state: {unit: $unit, is: active}}]}
undo: []
cooldown: 15m
caps: {per_day: 3}
"""
    assert load(write(tmp_path, text, "restart-failed-unit.yaml")).privileged


def test_cooldown_and_caps_that_are_left_out_are_careful_ones(tmp_path):
    text = REPAIR.replace("cooldown: 15m\n", "").replace("caps: {per_day: 3}\n", "")
    playbook = load(write(tmp_path, text))
    assert playbook.cooldown == timedelta(minutes=15)
    assert playbook.caps == Caps(per_hour=3, per_day=3)


def test_every_fault_is_listed_with_its_line_and_key(tmp_path):
    text = (
        REPAIR.replace("version: 1", "version: one")
        .replace("risk: low", "risk: tiny")
        .replace("path: $lock}\n  - http", "path: $lok}\n  - http")
        .replace("within: 3s", "within: 3 seconds")
        .replace("caps: {per_day: 3}", "caps: {per_week: 3}")
        .replace("- move_aside: {path: $lock}", "- delete: {path: $lock}")
    )
    found = faults_of(tmp_path, text)
    assert any(f.startswith(":2: version: must be a whole number") for f in found)
    assert any(f.startswith(":4: risk: ") and "'critical'" in f for f in found)
    assert any(
        f.startswith(":10: evidence.0.file_exists.path: $lok is not declared; declared: lock, url") for f in found
    )
    assert any(
        f.startswith(":13: steps.0.delete: is not known here; known: compress, delete_old, move_aside") for f in found
    )
    assert any(f.startswith(":15: verify.within: '3 seconds' is not a duration") and "15m" in f for f in found)
    assert any(f.startswith(":19: caps.per_day: is missing") for f in found)
    assert any(f.startswith(":19: caps.per_week: is not a known key; known: per_day, per_hour") for f in found)


@pytest.mark.parametrize(
    ("written", "instead", "expected"),
    [
        ("name: repair", "name: Repair It", ":1: name: must be lower-case"),
        (
            "name: repair",
            "title: repair",
            ":1: title: is not a known key; known: busy, caps, cooldown, description, evidence",
        ),
        ("version: 1", "version: 9223372036854775808", ":2: version: "),
        ("{en: Repair it., zh: 修复。}", "{zh: 修复。}", ":3: description: needs the key en"),
        ("{en: Repair it., zh: 修复。}", "Repair it.", ":3: description: must be text by language, such as {en: "),
        (
            "{en: Repair it., zh: 修复。}",
            "{en: Repair: it}",
            ":3: is not YAML: did not find expected ',' or '}'; text",
        ),
        (
            "{en: Repair it., zh: 修复。}",
            "Repair: it",
            ":3: is not YAML: mapping values are not allowed in this context; text that holds",
        ),
        (
            "{from: source.parameters.lock_file}",
            "source.parameters.lock_file",
            ":7: params.lock: must say where its value comes from, such as {from: source.parameters.lock_file}",
        ),
        ("lock_file}", "lock-file}", ":7: params.lock.from: must be source.service, source.parameters.NAME (letters, "),
        ("caps: {per_day: 3}", "caps: 3", ":19: caps: must be {per_day: 3}"),
        (
            "move_aside: {path: $lock}",
            "move_aside: {path: $lock/old}",
            ":13: steps.0.move_aside.path: '$lock/old': a parameter is the whole value or no part of it",
        ),
        ("[service_failure]", "[service_failed]", ":5: for.categories.0: is not a category; known: disk_full, "),
        ("[service_failure]", "[]", ":5: for.categories: must have at least one entry"),
        ("shop.service]", "'shop service']", ":5: for.services.1: must be unit names"),
        ("source.parameters.health_url", "record.url", ":8: params.url.from: must be source.service, "),
        ("url: {from", "URL: {from", ":8: params.URL: must be a name of lower-case letters"),
        ("evidence:", "spare: []\nevidence:", ":9: spare: is not a known key"),
        ("- http_down: {url: $url}", "- http_down: {link: $url}", ":11: evidence.1.http_down.link: is not an argument"),
        ("- http_down: {url: $url}", "- http_down: {link: $url}", ":11: evidence.1.http_down.url: is missing"),
        (
            "- http_down: {url: $url}",
            "- http_down: $url",
            ":11: evidence.1.http_down: must be a mapping of its arguments",
        ),
        ("- http_down: {url: $url}", "- http_down", ":11: evidence.1: must be one word and what it takes"),
        ("- http_down: {url: $url}", "- move_aside: {path: /a}", ":11: evidence.1.move_aside: is a step that"),
        ("- http: {url: $url}", "- http: {url: 'http://$url/'}", "nothing is put together"),
        ("- http: {url: $url}", "- disk_use: {path: /srv}", "disk_use takes exactly one of above, below"),
        ("- http: {url: $url}", "- put_back: {path: /a, aside: /b, over: 0}", "put_back: is not known here"),
        ("params:\n", "params:\n  spare: {from: source.service}\n", ":7: params.spare: is declared and never used"),
        ("steps:\n  - move_aside: {path: $lock}\n", "steps: []\n", ":12: steps: must have at least one entry"),
    ],
)
def test_a_fault_names_what_would_be_right(tmp_path, written, instead, expected):
    assert written in REPAIR
    assert any(expected in fault for fault in faults_of(tmp_path, REPAIR.replace(written, instead)))


def test_root_is_not_used_without_evidence(tmp_path):
    text = REPAIR.replace("- move_aside: {path: $lock}", "- unit: {restart: shop.service}")
    start, end = text.index("evidence:"), text.index("steps:")
    assert any(
        "evidence: is missing: nothing is done as root" in fault
        for fault in faults_of(tmp_path, text[:start] + text[end:])
    )


ATTACKS = {
    "B22 python object tag": ("version: 1", "version: !!python/object/apply:os.system [id]", "tags are not taken"),
    "D09 duplicate key": ("version: 1", "version: 1\nversion: 2", ":3: version: stands twice; keep one"),
    "D09 duplicate step key": ("{path: $lock}\nverify", "{path: $lock, path: /etc/x}\nverify", "stands twice"),
    "D10 alias bomb": ("version: 1", "version: &a [1, 1]\nspare: [*a, *a]", "is an alias (*)"),
    "D11 deep nesting": ("version: 1", "version: " + "[" * 20_000, "nest"),
    "D12 octal number": ("version: 1", "version: 012", ":2: version: must be a whole number"),
    "D12 sexagesimal number": ("cooldown: 15m", "cooldown: 12:30:45", "cooldown: '12:30:45' is not a duration"),
    "D12 norway": ("risk: low", "risk: no", ":4: risk: "),
    "D12 float for a whole number": ("version: 1", "version: 1.0", ":2: version: must be a whole number"),
    "D14 unknown verb": ("move_aside", "shell", "steps.0.shell: is not known here"),
    "second document": ("version: 1", "version: 1\n---\nname: other", "a second document begins here"),
    "merge key": ("version: 1", "<<: {version: 1}", ":2: <<: is not a known key"),
    "key that is a list": ("version: 1", "[version]: 1", "has a key that is not a word"),
    "binary": ("version: 1", "version: \x00", "is not YAML"),
    "broken": ("version: 1", "version: {", "is not YAML"),
    "longer than a page": ("version: 1", "version: 1\n" + "# filler\n" * 8000, "longer than 64 KiB"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_yaml_that_readers_take_differently_is_refused(tmp_path, attack):
    written, instead, expected = ATTACKS[attack]
    assert written in REPAIR
    assert any(expected in fault for fault in faults_of(tmp_path, REPAIR.replace(written, instead, 1)))


@pytest.mark.parametrize("text", ["", "[]", "just words", "null", "# nothing but a comment\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text):
    assert faults_of(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "repair.yaml"
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(PlaybookError, match="is not UTF-8 text"):
        load(path)


def test_c07_a_playbook_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "linked.yaml").symlink_to(write(tmp_path))
    with pytest.raises(PlaybookError, match="is a link; put the file itself here"):
        load(tmp_path / "linked.yaml")


def test_c05_a_pipe_among_the_playbooks_is_refused_and_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(PlaybookError, match="is not a regular file"):
        load(tmp_path / "pipe.yaml")


@pytest.mark.parametrize("which", ["file", "folder"])
def test_c08_what_anyone_can_write_is_no_playbook(tmp_path, which):
    path = write(tmp_path / "playbooks")
    target = path if which == "file" else path.parent
    target.chmod(0o777)
    with pytest.raises(PlaybookError, match="chmod o-w"):
        load(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PlaybookError, match=r"absent\.yaml: cannot be read: No such file"):
        load(tmp_path / "absent.yaml")


def test_a_broken_playbook_is_refused_by_name_and_the_others_work(tmp_path):
    write(tmp_path / "a", "name: {", "broken.yaml")
    write(tmp_path / "b")
    catalogue = load_folders([tmp_path])
    assert [playbook.name for playbook in catalogue.all()] == ["repair"]
    assert [Path(fault.file).name for fault in catalogue.faults] == ["broken.yaml"]


def test_a_later_folder_replaces_a_file_of_the_same_name(tmp_path):
    write(tmp_path / "shipped" / "service_failure")
    write(tmp_path / "mine", REPAIR.replace("version: 1", "version: 2"))
    catalogue = load_folders([tmp_path / "shipped", tmp_path / "mine"])
    assert catalogue.get("repair").version == 2
    assert catalogue.faults == ()


def test_a_broken_replacement_does_not_bring_the_shipped_one_back(tmp_path):
    write(tmp_path / "shipped")
    write(tmp_path / "mine", "name: {")
    catalogue = load_folders([tmp_path / "shipped", tmp_path / "mine"])
    assert catalogue.get("repair") is None
    assert catalogue.faults[0].file == str(tmp_path / "mine" / "repair.yaml")


def test_two_files_of_one_name_in_a_folder_are_both_refused(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b")
    catalogue = load_folders([tmp_path])
    assert catalogue.all() == []
    assert "has the name repair; keep one" in catalogue.faults[0].message


def test_a_second_file_cannot_take_the_name_of_a_playbook(tmp_path):
    write(tmp_path, name="a.yaml")
    write(tmp_path, REPAIR.replace("version: 1", "version: 2"), name="b.yaml")
    catalogue = load_folders([tmp_path])
    assert catalogue.get("repair").version == 1
    assert [fault.key for fault in catalogue.faults] == ["name"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    assert "cannot be read" in load_folders([tmp_path / "absent"]).faults[0].message


def test_an_edit_changes_the_digest(tmp_path):
    before = load(write(tmp_path)).digest
    assert load(write(tmp_path, REPAIR + "# a word\n")).digest != before


def test_candidates_are_for_the_category_and_the_service_the_least_risky_first(tmp_path):
    write(
        tmp_path,
        REPAIR.replace("name: repair", "name: a-risky-one").replace("risk: low", "risk: medium"),
        "a-risky-one.yaml",
    )
    write(tmp_path)
    catalogue = load_folders([tmp_path])
    assert [p.name for p in catalogue.candidates("service_failure", "shop-7.service")] == ["repair", "a-risky-one"]
    assert len(catalogue.candidates("service_failure", None)) == 2
    assert catalogue.candidates("service_failure", "nginx.service") == []
    assert catalogue.candidates("disk_full", "shop.service") == []


def test_the_schema_knows_every_word_and_category():
    text = str(schema())
    for word in ("unit_state", "http_down", "move_aside", "restore_file", "'restart'", *CATEGORIES):
        assert word in text
    assert "put_back" not in text


def test_reading_is_bounded_by_the_interpreter_and_not_by_luck(tmp_path):
    depth = sys.getrecursionlimit() * 3
    assert faults_of(tmp_path, "{a: " * depth)


def test_the_schema_explains_every_key_to_an_editor():
    for name, key in schema()["properties"].items():
        assert key.get("description"), name
