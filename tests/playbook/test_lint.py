import pytest

from aiops_agent.playbook.lint import lint
from aiops_agent.playbook.load import load
from tests.playbook.make import REPAIR, write


def advice(folder, text, name="repair.yaml"):
    return lint(load(write(folder, text, name)))


def test_a_careful_playbook_gets_no_advice(tmp_path):
    assert advice(tmp_path, REPAIR) == []


COMPRESS = "compress: {directory: /var/log/shop, pattern: '*.log*'}"


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
    ],
)
def test_what_its_author_will_be_sorry_for_is_said(tmp_path, written, instead, expected):
    assert written in REPAIR
    assert any(line.startswith(expected) for line in advice(tmp_path, REPAIR.replace(written, instead)))
