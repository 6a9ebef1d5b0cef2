"""What any verifier of the format must say of the committed logs."""

import json
import shutil
from pathlib import Path

import pytest

from tests.audit.independent import judge
from tests.audit.logs import Log
from tests.audit.make_vectors import MAKERS, VECTORS, make, said

NAMES = sorted(path.name for path in VECTORS.iterdir())


def key(name: str, file: str) -> bytes:
    return bytes.fromhex((VECTORS / name / "keys" / file).read_text())


def expected(name: str) -> dict[str, dict[str, object]]:
    return json.loads((VECTORS / name / "expected.json").read_text())


def placed(name: str, to: Path) -> Log:
    """Lay a vector out as on a host, where keys are raw and open to nobody else."""
    log = Log(to)
    shutil.copytree(VECTORS / name / "audit", log.audit)
    log.key_folder.mkdir(mode=0o700)
    for file in ("genesis.pub", "wrapping.key", "signing.key"):
        (log.key_folder / file).write_bytes(key(name, f"{file}.hex"))
        (log.key_folder / file).chmod(0o600)
    return log


def judged(name: str, **keys: list[bytes]) -> dict[str, object]:
    verdict = judge(VECTORS / name / "audit", genesis=key(name, "genesis.pub.hex"), **keys)
    bad = verdict["first_bad"]
    place = {each: bad[each] for each in ("segment", "offset", "kind")} if bad else None
    return {each: verdict[each] for each in expected(name)["public"]} | {"first_bad": place}


def test_every_vector_is_made_by_the_program_and_is_small():
    assert sorted(MAKERS) == NAMES
    for name in NAMES:
        assert sum(path.stat().st_size for path in (VECTORS / name / "audit").iterdir()) < 10_000


@pytest.mark.parametrize("name", NAMES)
def test_the_product_says_what_is_expected(tmp_path, name):
    log = placed(name, tmp_path)
    assert {"public": said(log, keyed=False), "keyed": said(log, keyed=True)} == expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_independent_verifier_says_what_is_expected(name):
    assert judged(name) == expected(name)["public"]
    assert judged(name, wrapping=[key(name, "wrapping.key.hex")]) == expected(name)["keyed"]


def test_the_auditor_of_the_vector_needs_no_key_of_the_host():
    assert judged("sealed", auditors=[key("sealed", "auditor.key.hex")]) == expected("sealed")["keyed"]


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_made_anew_is_judged_the_same(tmp_path, name):
    """But for its bytes: what is drawn at random differs."""
    make(name, tmp_path / name)
    anew = json.loads((tmp_path / name / "expected.json").read_text())
    for verdicts in (anew, old := expected(name)):
        for verdict in verdicts.values():
            del verdict["head"]
    assert anew == old
