"""Playbook files and bound playbooks for the tests of this room."""

from dataclasses import replace
from pathlib import Path

from aiops_agent.playbook.bind import Bound, bind
from aiops_agent.playbook.load import load
from aiops_agent.playbook.vocabulary import VERBS

REPAIR = """\
name: repair
version: 1
description: {en: Repair it., zh: 修复。}
risk: low
for: {categories: [service_failure], services: ["shop-*.service", shop.service]}
params:
  lock: {from: source.parameters.lock_file}
  url: {from: source.parameters.health_url}
evidence:
  - file_exists: {path: $lock}
  - http_down: {url: $url}
steps:
  - move_aside: {path: $lock}
verify:
  within: 3s
  probes:
    - http: {url: $url}
cooldown: 15m
caps: {per_day: 3}
"""
PARAMETERS = {"lock_file": "/run/shop/shop.lock", "health_url": "http://127.0.0.1:8080/healthz"}


def write(folder: Path, text: str = REPAIR, name: str = "repair.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def bound(folder: Path, text: str = REPAIR) -> Bound:
    aimed = bind(load(write(folder, text)), "shop.service", PARAMETERS)
    assert isinstance(aimed, Bound), str(aimed)
    return without_unwritten(aimed)


def without_unwritten(aimed: Bound) -> Bound:
    """What the file says and no more: not whether somebody else is at work on the host of the test."""
    return replace(aimed, evidence=tuple(probe for probe in aimed.evidence if VERBS[probe.verb].written))
