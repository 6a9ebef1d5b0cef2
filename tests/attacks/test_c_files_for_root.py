"""C03, C05, C06, C12, C13: files that a service puts in the way of the root executor, a real process that is watched.

The same attacks on the words themselves, one by one and in the middle of a change: `test_playbook_attacks.py`.
"""

import os
import shutil
import socket
import time

import pytest

from aiops_agent.model.order import Refused
from aiops_agent.model.playbook import Failed, Succeeded
from aiops_agent.playbook import wire
from tests.attacks.executor_process import AGENT, PLAYBOOK, Process
from tests.executor.desk import SERVICE
from tests.journeys.machine import needs_namespaces
from tests.public import public_folder

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0 or shutil.which("bwrap") is None, reason="root makes sandboxes"),
    pytest.mark.slow,
]

MEND = (
    PLAYBOOK.replace("name: restart-shop", "name: mend-shop")
    .replace("from: source.service}", "from: source.service}, lock: {from: source.parameters.lock}")
    .replace("steps: [", "steps: [{move_aside: {path: $lock}}, ")
)
CLEAN = (
    PLAYBOOK.replace("name: restart-shop", "name: clean-shop")
    .replace("from: source.service}", "from: source.service}, logs: {from: source.parameters.logs}")
    .replace("steps: [", 'steps: [{delete_old: {directory: $logs, pattern: "*.gz", older_than: 1s, keep: 0}}, ')
)


class Shop:
    """A host whose services each have a folder below one root; what is done there is followed by a restart."""

    def __init__(self, folder):
        self.folder = folder
        self.srv = folder / "srv"
        self.victim = folder / "etc" / "shadow"
        self.victim.parent.mkdir()
        self.victim.write_text("root:x")
        self.srv.mkdir()
        roots = f"roots: [{self.srv}]\n"
        self.process = Process(folder, mend_shop=MEND + roots, clean_shop=CLEAN + roots)
        services = {}
        for name in ("shop", "linked", "piped", "talking", "device", "mounted"):
            place = self.srv / name
            place.mkdir()
            (place / "app.log.gz").write_text("old")
            os.utime(place / "app.log.gz", (0, 0))
            services[f"{name}.service"] = {"lock": str(place / "lock"), "logs": str(place)}
        self.process.configure("auto", services=services)
        (self.srv / "shop" / "lock").write_text("1")

    def in_the_way(self, name: str):
        return self.srv / name / "lock"

    def refuses(self, name: str, playbook: str, words: str) -> None:
        """See that nothing was done, which is told, and that the next good order is carried out."""
        self.process.says(active="failed")
        before, restarts = self.process.stands(), self.process.restarts
        began = time.monotonic()
        identity = f"{name}-{playbook}"
        found = self.process.runs(id=identity, playbook=playbook, service=f"{name}.service")
        assert isinstance(found, Failed)
        assert words in found.detail
        assert (found.undone, found.left_behind) == (True, ()), "nothing had been touched"
        assert time.monotonic() - began < 10, "it hangs on nothing"
        assert self.process.stands() == before
        assert self.process.restarts == restarts
        assert self.victim.read_text() == "root:x"
        told = [entry for entry in self.process.record() if (entry["action"], entry["subject"]) == ("result", identity)]
        assert [words in entry["detail"]["detail"] for entry in told] == [True]
        self.process.kept_to_itself()
        self.carries_out_what_is_good(identity)

    def carries_out_what_is_good(self, identity: str) -> None:
        self.process.says(active="failed")
        self.in_the_way("shop").write_text("1")
        time.sleep(1.1)  # the cooldown
        found = self.process.runs(id=f"good-{identity}", playbook="mend-shop", service=SERVICE)
        assert isinstance(found, Succeeded), found
        assert not self.in_the_way("shop").exists()
        assert self.process.restarted[-1] == SERVICE


@pytest.fixture(scope="module")
def shop():
    needs_namespaces()
    with public_folder() as folder:
        shop = Shop(folder)
        # In a mount namespace of its own: what is mounted there is on no other's way.
        mount = f'mount --bind {shop.victim.parent} {shop.srv}/mounted && exec "$@"'
        shop.process.start("unshare", "-m", "sh", "-c", mount, "sh")
        yield shop
        shop.process.kill()


def test_without_an_attack_a_file_below_the_root_is_changed_and_the_unit_restarted(shop):
    shop.carries_out_what_is_good("first")
    found = shop.process.runs(id="clean", playbook="clean-shop", service=SERVICE)
    assert not isinstance(found, Refused | Failed), found


def test_c03_a_hard_link_to_a_file_of_roots_is_not_moved_by_root(shop):
    os.link(shop.victim, shop.in_the_way("linked"))
    shop.refuses("linked", "mend-shop", "has 2 names (hard links)")


def test_c05_a_pipe_is_not_moved_and_not_waited_for(shop):
    os.mkfifo(shop.in_the_way("piped"))
    shop.refuses("piped", "mend-shop", "is not a regular file")


def test_c05_a_socket_is_not_moved_either(shop):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(shop.in_the_way("talking")))
        shop.refuses("talking", "mend-shop", "is not a regular file")


def test_c12_what_is_mounted_below_the_root_from_elsewhere_is_not_cleaned(shop):
    (shop.victim.parent / "old.gz").write_text("precious")
    os.utime(shop.victim.parent / "old.gz", (0, 0))
    shop.refuses("mounted", "clean-shop", "is on another mount than")
    assert (shop.victim.parent / "old.gz").read_text() == "precious"


def test_c12_nor_is_a_file_there_moved(shop):
    (shop.victim.parent / "lock").write_text("precious")
    shop.refuses("mounted", "mend-shop", "is on another mount than")


def test_c13_a_log_that_has_become_a_device_is_not_touched_by_root(shop):
    os.mknod(shop.in_the_way("device"), 0o20600, os.makedev(1, 5))
    shop.refuses("device", "mend-shop", "is not a regular file")
    assert shop.in_the_way("device").is_char_device()


TWO_UNITS = PLAYBOOK.replace("name: restart-shop", "name: restart-both").replace(
    "steps: [", "steps: [{unit: {restart: other.service}}, "
)


@pytest.fixture
def two_units():
    with public_folder() as folder:
        process = Process(folder, restart_both=TWO_UNITS)
        process.configure("auto")
        process.start()
        yield process
        process.kill()


def test_c06_a_playbook_that_is_changed_while_it_runs_goes_on_as_it_was_verified(two_units):
    process, file = two_units, two_units.folder / "playbooks" / "restart-both.yaml"
    process.says(slow="1")
    order = process.order(playbook="restart-both")
    process.says_as(AGENT, wire.order_request(order))
    process.until(lambda: process.restarted)
    file.write_text(TWO_UNITS.replace("restart: $unit", "restart: evil.service"))
    process.sign()
    assert isinstance(process.ended(), Succeeded)
    assert process.restarted == ["other.service", SERVICE]
    process.kept_to_itself()


@pytest.mark.parametrize("signed", [False, True])
def test_c06_a_playbook_that_was_changed_between_the_question_and_the_run_is_another(two_units, signed):
    process, file = two_units, two_units.folder / "playbooks" / "restart-both.yaml"
    order = process.order(playbook="restart-both")
    file.write_text(TWO_UNITS.replace("restart: $unit", "restart: evil.service"))
    if signed:
        process.sign()
    assert process.refusal(wire.order_request(order)) == "digest_differs"
    again = process.order(id="order-2", playbook="restart-both")
    found = process.refusal(wire.order_request(again))
    assert found == "unsigned" if not signed else found.startswith("Succeeded"), "of what is signed, these bytes"
    assert process.restarted == (["other.service", "evil.service"] if signed else [])
