import pytest

from aiops_agent.model.diagnosis import Citation, Diagnosis, Prediction
from aiops_agent.playbook.choose import choose
from aiops_agent.playbook.load import load_folders
from tests.playbook.make import PARAMETERS, REPAIR, write

RESTART = """\
name: restart
version: 1
description: {en: Restart it.}
risk: medium
for: {categories: [service_failure], services: ["*.service"]}
params: {pid: {from: source.parameters.pid_file}}
evidence: [{process_of: {pid_file: $pid, is: alive}}]
steps: [{signal: {pid_file: $pid, name: TERM}}]
"""
ROOT = """\
name: root
version: 1
description: {en: Restart the unit.}
risk: low
for: {categories: [service_failure], services: ["*.service"]}
params: {unit: {from: source.service}}
evidence: [{unit_state: {unit: $unit, is: failed}}]
steps: [{unit: {restart: $unit}}]
verify: {within: 5s, probes: [{unit_state: {unit: $unit, is: active}}]}
"""


@pytest.fixture
def catalogue(tmp_path):
    write(tmp_path)
    write(tmp_path, RESTART, "restart.yaml")
    return load_folders([tmp_path])


def diagnosis(category="service_failure", *named):
    citations = tuple(Citation(f"article-{n}", "An article", 1.0, name) for n, name in enumerate(named))
    return Diagnosis(Prediction(category, 0.9, abstained=False, alternatives=(), decided_by="model"), citations)


EVERYTHING = {**PARAMETERS, "pid_file": "/run/shop.pid"}


@pytest.mark.parametrize(
    ("named", "service", "parameters", "chosen"),
    [
        (["restart"], "shop.service", EVERYTHING, "restart"),
        (["repair"], "shop.service", EVERYTHING, "repair"),
        ([], "shop.service", EVERYTHING, "repair"),
        ([None], "shop.service", EVERYTHING, "repair"),
        (["restart"], "shop.service", PARAMETERS, "repair"),
        (["repair"], "shop.service", {"pid_file": "/run/shop.pid"}, "restart"),
        (["restart"], "shop.service", {}, "restart"),
        ([], "shop.service", {}, None),
        (["repair"], "nginx.service", EVERYTHING, "restart"),
        (["pb:reboot-all"], "shop.service", EVERYTHING, "repair"),
        (["repair"], None, {}, "repair"),
    ],
)
def test_the_named_repair_comes_before_others_and_a_usable_one_before_all(
    catalogue, named, service, parameters, chosen
):
    found = choose(catalogue, diagnosis("service_failure", *named), service, parameters, privileged=False)
    assert (found.name if found else None) == chosen


def test_a_repair_for_another_category_is_not_chosen_even_when_it_is_named(catalogue):
    assert choose(catalogue, diagnosis("disk_full", "repair"), "shop.service", EVERYTHING, privileged=True) is None


def test_a_repair_that_is_broken_is_not_chosen(tmp_path):
    write(tmp_path, REPAIR.replace("version: 1", "version: x"))
    assert (
        choose(
            load_folders([tmp_path]),
            diagnosis("service_failure", "repair"),
            "shop.service",
            EVERYTHING,
            privileged=True,
        )
        is None
    )


def test_a_repair_that_needs_root_gives_way_where_there_is_no_root(tmp_path, catalogue):
    write(tmp_path, ROOT, "root.yaml")
    catalogue = load_folders([tmp_path])
    asked = diagnosis("service_failure", "root")
    assert choose(catalogue, asked, "shop.service", EVERYTHING, privileged=True).name == "root"
    assert choose(catalogue, asked, "shop.service", EVERYTHING, privileged=False).name == "repair"
