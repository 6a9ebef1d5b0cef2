"""The bundle for an auditor: whole, verified by public keys alone, and without a key that has no business there."""

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from aiops_agent.audit.export import Contents, export
from aiops_agent.errors import AuditError, UsageError
from aiops_agent.model.audit import Anchor
from aiops_agent.wiring.library import shipped
from tests.audit.logs import NOON, Log, entry

DOCUMENTS = {
    "audit-format.md": shipped("docs/audit-format.md"),
    "verify_audit.py": shipped("tools/verify_audit.py"),
}


def bundled(log: Log, target: Path, *anchors: Anchor) -> int:
    return export(log.audit, target, Contents("web01", log.keys.genesis, anchors, DOCUMENTS), NOON)


def unpacked(target: Path, into: Path) -> Path:
    with tarfile.open(target) as archive:
        archive.extractall(into, filter="data")
    [folder] = into.iterdir()
    return folder


def verified(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run step 3 of README.txt as it stands there."""
    [command] = [line.split() for line in (folder / "README.txt").read_text().splitlines() if " -I " in line]
    command[0] = sys.executable
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, env={}, timeout=60)


@pytest.fixture
def log(tmp_path):
    made = Log(tmp_path / "state")
    made.write_days(3)
    return made


@pytest.fixture(params=["bundle", "bundle.tar.gz", "bundle.tgz"])
def bundle(request, log, tmp_path):
    anchor = log.write(entry(99, NOON))
    target = tmp_path / request.param
    assert bundled(log, target, anchor) == len(list(log.audit.iterdir()))
    return target if target.is_dir() else unpacked(target, tmp_path / "empty")


def test_a_bundle_is_verified_in_an_empty_folder_with_public_keys_only(bundle):
    said = verified(bundle)
    assert said.returncode == 0, said.stdout + said.stderr
    sums = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=bundle, capture_output=True, text=True
    )
    assert sums.returncode == 0, sums.stdout
    listed = {line.split("  ")[1] for line in (bundle / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert there == {*listed, "SHA256SUMS"}


def test_a_bundle_that_was_changed_on_the_way_is_refused(bundle):
    segment = bundle / "audit" / "00000002.aia1"
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    assert verified(bundle).returncode == 3


def test_a_bundle_with_its_end_cut_off_is_refused_by_the_anchor_in_it(bundle):
    max((bundle / "audit").iterdir()).unlink()
    assert verified(bundle).returncode == 3


def test_no_private_key_is_in_it(bundle, log):
    secrets = {path: path.read_bytes() for path in log.key_folder.iterdir() if path.name != "genesis.pub"}
    assert len(secrets) >= 2
    for path in bundle.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for key, secret in secrets.items():
            for form in (secret, secret.hex().encode(), secret[:16]):
                assert form not in content, (path, key)


def test_segments_are_copied_byte_for_byte(bundle, log):
    for path in log.audit.iterdir():
        assert (bundle / "audit" / path.name).read_bytes() == path.read_bytes()


def test_a_torn_end_is_copied_as_it_is(log, tmp_path):
    with max(log.audit.iterdir()).open("ab") as file:
        file.write(b"AIA1 torn")
    bundled(log, tmp_path / "bundle")
    assert max((tmp_path / "bundle" / "audit").iterdir()).read_bytes().endswith(b"AIA1 torn")
    assert verified(tmp_path / "bundle").returncode == 3


def test_a_bundle_without_anchors_names_none(log, tmp_path):
    bundled(log, tmp_path / "bundle")
    assert not (tmp_path / "bundle" / "anchors.txt").exists()
    assert "anchors.txt" not in (tmp_path / "bundle" / "README.txt").read_text()
    assert verified(tmp_path / "bundle").returncode == 0


@pytest.mark.parametrize("name", ["bundle", "bundle.tar.gz"])
def test_nothing_is_written_over(log, tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        bundled(log, tmp_path / name)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["no/such/bundle", "no/such/bundle.tar.gz"])
def test_a_place_that_is_not_there_is_wrong_use(log, tmp_path, name):
    with pytest.raises(UsageError, match=r"cannot be made.*No such file"):
        bundled(log, tmp_path / name)


@pytest.mark.parametrize("name", ["bundle", "bundle.tar.gz"])
def test_a_bundle_that_cannot_be_finished_is_removed(log, tmp_path, name):
    (log.audit / "00000002.aia1").unlink()
    (log.audit / "00000002.aia1").symlink_to("/etc/hostname")
    with pytest.raises(AuditError, match="symbolic link"):
        bundled(log, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_the_same_log_gives_the_same_sums(log, tmp_path):
    bundled(log, tmp_path / "one")
    bundled(log, tmp_path / "two")
    first, second = (hashlib.sha256((tmp_path / name / "SHA256SUMS").read_bytes()).digest() for name in ("one", "two"))
    assert first == second
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o700
