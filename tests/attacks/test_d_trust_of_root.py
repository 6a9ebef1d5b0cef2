"""D01 to D15 for the root executor, a real process: what it does as root was signed, as it reads, for this host.

The same for the agent, and what it tells people: `test_d_trust_in_playbooks.py`.
"""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from aiops_agent.errors import PlaybookError
from aiops_agent.playbook import wire
from aiops_agent.playbook.load import load, load_folders
from aiops_agent.signing.ed25519 import SigningKey
from aiops_agent.signing.register import LONGEST_STEP
from tests.attacks.executor_process import AGENT, PLAYBOOK, Process
from tests.public import public_folder

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users"), pytest.mark.slow]

SPARE = PLAYBOOK.replace("name: restart-shop", "name: spare")


class Trusting:
    """An executor that would restart the shop at once, if the playbook is signed."""

    def __init__(self, folder):
        self.process = Process(folder)
        self.process.configure("auto")
        self.process.says(active="active")
        self.process.start()
        self.file = folder / "playbooks" / "restart-shop.yaml"
        self.signer = self.process.signer
        self.numbers = iter(range(100))
        self.process.examines_what_is_good("first")

    def signs(self, **changes) -> None:
        changes = {"now": datetime.now(UTC), **changes}
        self.signer.sign(*load_folders([self.file.parent]).all(), **changes)

    def refuses(self, words: str) -> None:
        """See that it is refused for the want of a signature, on record, and that a good signature is enough."""
        self.process.says(active="failed")
        order = self.process.order(id=f"order-{next(self.numbers)}")
        assert self.process.refusal(wire.order_request(order)) == "unsigned"
        told = [entry["detail"] for entry in self.process.record() if entry["subject"] == order.id]
        assert [(detail["why"], words in detail["detail"]) for detail in told] == [("unsigned", True)], told
        assert self.process.restarts == 0
        asked = {name: getattr(order, name) for name in wire.REQUESTS["ask"]}
        assert self.process.says_as(AGENT, wire.request("ask", **asked))["refused"] == "unsigned", "whoever would agree"
        self.process.kept_to_itself()

    def takes_what_is_good(self) -> None:
        self.process.says(active="active")
        self.process.sign()
        self.process.examines_what_is_good(f"good-{next(self.numbers)}")


@pytest.fixture
def root():
    with public_folder() as folder:
        root = Trusting(folder)
        yield root
        root.process.kill()


def test_d01_an_unsigned_playbook(root):
    root.file.rename(root.file.parent.parent / "away.yaml")
    (root.file.parent / "spare.yaml").write_text(SPARE)
    root.signs()
    (root.file.parent.parent / "away.yaml").rename(root.file)
    root.refuses("it is not signed")
    root.takes_what_is_good()


def test_d01_a_host_without_a_manifest(root):
    root.signer.rules.manifest.unlink()
    root.refuses("it is not signed")
    root.takes_what_is_good()


def test_d02_a_manifest_of_another_key(root):
    root.signs(key=SigningKey.make())
    root.refuses("wrong key")
    root.takes_what_is_good()


def test_d03_a_flipped_byte_of_the_playbook_and_of_the_manifest(root):
    good = root.file.read_bytes()
    root.file.write_bytes(good.replace(b"Restart it", b"Restart_it"))
    root.refuses("it was edited since it was signed")
    root.file.write_bytes(good)
    manifest = root.signer.rules.manifest
    manifest.write_bytes(manifest.read_bytes().replace(b'"version":1', b'"version":2'))
    root.refuses("altered")
    root.takes_what_is_good()


def test_d04_an_old_manifest_that_is_put_back(root):
    old = root.signer.rules.manifest.read_bytes()
    root.takes_what_is_good()
    root.signer.rules.manifest.write_bytes(old)
    root.refuses("number 1, and number 2 was seen here")
    root.takes_what_is_good()


def test_d05_a_signature_whose_time_is_over(root):
    root.signs(now=datetime.now(UTC) - timedelta(days=400), lasting=timedelta(days=365))
    root.refuses("its signature has expired")
    root.takes_what_is_good()


def test_d06_the_playbook_of_one_release_with_the_manifest_of_another(root):
    old = root.file.read_text()
    root.file.write_text(old.replace("within: 2s", "within: 3s"))
    root.signs()
    root.file.write_text(old)
    root.refuses("it was edited since it was signed")
    root.takes_what_is_good()


def test_d07_a_number_too_far_ahead_is_refused_and_shuts_nobody_out(root):
    honest = root.signer.serial
    root.signs(serial=honest + LONGEST_STEP + 1)
    root.refuses("too far")
    root.signer.serial = honest
    root.takes_what_is_good()


@pytest.mark.parametrize("changes", [{"group": "databases"}, {"context": "another product v1"}])
def test_d08_what_was_signed_for_another_product_or_group_of_hosts(root, changes):
    root.signs(**changes)
    root.refuses("other group")
    root.takes_what_is_good()


def test_d13_the_signature_of_a_key_that_was_revoked(root):
    root.signer.revoke(root.signer.key)
    root.refuses("is revoked")
    (root.signer.rules.trusted / "revoked").unlink()
    root.takes_what_is_good()


# --- Forms that no one can sign: they are read by nobody.

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""324 bytes, nine to the ninth leaves."""

FORMS = {
    "d09-key": ("version: 1", "version: 1\nversion: 2", "stands twice"),
    "d09-step": ("{restart: $unit}", "{restart: $unit, restart: evil.service}", "stands twice"),
    "d10-alias": ("version: 1", "version: &a [1, 1]\nspare: [*a, *a]", "is an alias"),
    "d10-bomb": ("name:", f"{BOMB}name:", "is an alias"),
    "d11-lists": ("version: 1", "version: " + "[" * 20_000, "nest"),
    "d11-maps": ("version: 1", "version: " + "{a: " * 15_000, "nest"),
    "d11-probes": ("{unit_state: {unit: $unit, is: failed}}", "{wait_until: " * 50 + "x" + "}" * 50, "nest"),
    "d12-off": ("risk: low", "risk: off", "risk"),
    "d12-octal": ("version: 1", "version: 012", "must be a whole number"),
    "d12-sexagesimal": ("cooldown: 1s", "cooldown: 12:30:45", "is not a duration"),
    "d12-hexadecimal": ("per_hour: 900", "per_hour: 0x10", "must be a whole number"),
    "d14-step": ("unit: {restart", "shell: {restart", "is not known here"),
    "d14-probe": ("unit_state: {unit: $unit, is: failed}", "grep: {unit: $unit, is: failed}", "is not known here"),
    "d14-argument": ("{restart: $unit}", "{mask: $unit}", "mask"),
    "d15-high": ("risk: low", "risk: high", "undo: is missing"),
    "d15-critical": ("risk: low", "risk: critical", "undo: is missing"),
}


@pytest.fixture(scope="module")
def strict():
    """An executor in whose folder all of them lie."""
    with public_folder() as folder:
        process = Process(folder)
        process.configure("auto")
        process.says(active="active")
        for name, (written, instead, _) in FORMS.items():
            assert written in PLAYBOOK
            text = PLAYBOOK.replace("name: restart-shop", f"name: {name}").replace(written, instead, 1)
            (folder / "playbooks" / f"{name}.yaml").write_text(text)
        process.sign()
        process.start()
        yield process
        process.kill()


def is_read_by_nobody(process, *names: str) -> None:
    for name in names:
        file = process.folder / "playbooks" / f"{name}.yaml"
        began = time.monotonic()
        with pytest.raises(PlaybookError) as refused:
            load(file)
        assert any(FORMS[name][2] in str(fault) for fault in refused.value.faults), refused.value.faults
        assert time.monotonic() - began < 1
        for digest in ("0" * 64, process.order().digest):
            order = process.order(id=f"{name}-{digest[:4]}", digest=digest)
            request = wire.request("run", **{**{n: getattr(order, n) for n in wire.REQUESTS["run"]}, "playbook": name})
            assert process.refusal(request) == "unknown_playbook"
    process.examines_what_is_good(f"good-beside-{names[0]}")
    assert process.restarts == 0
    process.kept_to_itself()


def test_d09_a_key_that_stands_twice(strict):
    is_read_by_nobody(strict, "d09-key", "d09-step")


def test_d10_aliases_and_the_bomb_that_is_made_of_them(strict):
    assert len(BOMB) < 400
    is_read_by_nobody(strict, "d10-alias", "d10-bomb")


def test_d11_nesting_without_an_end(strict):
    is_read_by_nobody(strict, "d11-lists", "d11-maps", "d11-probes")


def test_d12_words_that_one_reader_takes_for_a_number_and_another_does_not(strict):
    is_read_by_nobody(strict, "d12-off", "d12-octal", "d12-sexagesimal", "d12-hexadecimal")


def test_d14_a_word_that_is_not_in_the_vocabulary_refuses_the_whole_file(strict):
    is_read_by_nobody(strict, "d14-step", "d14-probe", "d14-argument")


def test_d15_a_high_risk_without_a_way_back(strict):
    is_read_by_nobody(strict, "d15-high", "d15-critical")
