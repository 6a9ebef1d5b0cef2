"""B01 to B11, B16: words that the agent sends to the root executor, or that stand in root's own file; all is watched.

The executor is a real process and is spoken to at its socket, by the agent's user: an agent that was taken over can
send anything. What it cannot send, a path, could still come from a careless `executor.yaml`.
"""

import json
import os

import pytest

from aiops_agent.model.order import Refused
from aiops_agent.model.playbook import Failed, Succeeded
from aiops_agent.playbook import wire
from tests.attacks.executor_process import AGENT, Process
from tests.executor.desk import RESTART, SERVICE
from tests.public import public_folder

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users"), pytest.mark.slow]

MEND = (
    RESTART.replace("name: restart-shop", "name: mend-shop")
    .replace("from: source.service}", "from: source.service}, lock: {from: source.parameters.lock}")
    .replace("steps: [", "steps: [{move_aside: {path: $lock}}, ")
    .replace("cooldown: 15m", "cooldown: 1s")
    .replace("{per_hour: 2, per_day: 3}", "{per_hour: 900, per_day: 900}")
)


class Throne:
    """An executor with services whose parameters are hostile, and a service that is as it should be."""

    def __init__(self, folder):
        self.process = Process(folder, mend_shop=MEND)
        self.folder = folder
        (folder / "etc").mkdir()
        (folder / "etc" / "shadow").write_text("root:x")
        (folder / "srv").mkdir()
        (folder / "srv" / "lock").write_text("1")
        (folder / "srv" / "way").symlink_to(folder / "etc")
        (folder / "srv" / "linked").symlink_to(folder / "etc" / "shadow")
        paths = {SERVICE: f"{folder}/srv/lock", **{unit: path for path, unit in self.services().items()}}
        services = {unit: {"lock": path, "LD_PRELOAD": "/tmp/x.so", "PATH": "/tmp"} for unit, path in paths.items()}
        self.process.configure("auto", services=services)
        self.process.says(active="active")
        self.process.start()
        self.before = self.process.stands()
        self.orders = 0

    def services(self) -> dict[str, str]:
        """Return by path the service that has it as a parameter."""
        hostile = [path for paths in PATHS.values() for path in paths]
        return {path.replace("HERE", str(self.folder)): f"hostile-{n}.service" for n, path in enumerate(hostile)}

    def refuses_word(self, *words: str, named: tuple[str, ...] = ("malformed",)) -> None:
        """See that the word is refused wherever an order has one, and as what a question is about."""
        for word in words:
            for place in ("service", "playbook", "id", "incident", "digest"):
                message = json.loads(wire.order_request(self.process.order(id=self.fresh())))
                self.refuses(json.dumps({**message, place: word}).encode(), named if place == "service" else None)
            asked = {"playbook": "restart-shop", "digest": self.process.order().digest, "incident": "inc-1"}
            self.refuses(json.dumps({"verb": "ask", **asked, "service": word}).encode(), named)
        self.did_nothing()

    def refuses(self, message: bytes, named: tuple[str, ...] | None) -> None:
        said = self.process.refusal(message)
        if named is None:  # of the other words some are only unknown: an id or an incident is any word
            assert self.process.restarts == 0
        else:
            assert said in named

    def refuses_path(self, attack: str, *, when: type = Refused) -> None:
        """See that such a parameter of root's own is refused: when it is examined, or before the first change."""
        self.process.says(active="failed")
        for path in PATHS[attack]:
            service = self.services()[path.replace("HERE", str(self.folder))]
            found = self.process.runs(id=self.fresh(), playbook="mend-shop", service=service)
            assert isinstance(found, when), found
            assert found.name == "parameters" if when is Refused else (found.undone, found.left_behind) == (True, ())
        self.process.says(active="active")
        self.did_nothing()

    def did_nothing(self) -> None:
        """Nothing was started or changed, it was put on record, and the next good order is examined as ever."""
        self.process.says(active="active")
        assert self.process.stands() == self.before
        assert self.process.restarts == 0
        self.process.kept_to_itself()
        assert {"malformed", "refused", "result"} & {entry["action"] for entry in self.process.record()[-3:]}
        self.process.examines_what_is_good(self.fresh())

    def fresh(self) -> str:
        self.orders += 1
        return f"order-{self.orders}"


PATHS = {
    "B07 climbing": ["/run/shop/../../etc/shadow", "../../etc/shadow", "HERE/srv/../etc/shadow"],
    "B07 links": ["HERE/srv/way/shadow", "HERE/srv/linked"],
    "B08 relative": ["srv/lock", "lock", "./lock", ""],
    "B09 a NUL": ["HERE/srv/lo\0ck", "HERE/srv/lock\0.txt"],
    "B10 magic": ["/proc/self/root/etc/shadow", "/proc/1/root/etc/shadow", "/dev/fd/3", "/proc/self/fd/3"],
    "B11 long": ["/" + "/".join(["n" * 99] * 50), "HERE/srv/" + "n" * 300],
}


@pytest.fixture(scope="module")
def throne():
    with public_folder() as folder:
        throne = Throne(folder)
        yield throne
        throne.process.kill()


def test_the_witness_sees_what_the_executor_starts(throne):
    throne.process.runs(id=throne.fresh())
    assert any("systemctl" in line for line in throne.process.witness.reached_for())
    throne.process.kept_to_itself()


def test_b01_a_second_command_is_no_unit(throne):
    throne.refuses_word("; rm -rf /", "nginx.service; rm -rf /", "nginx.service&&reboot", "nginx.service|sh")


def test_b02_what_a_shell_would_put_in_is_no_unit(throne):
    throne.refuses_word("$(id)", "$(id).service", "`id`.service", "${IFS}.service")


def test_b03_a_second_line_is_no_unit(throne):
    throne.refuses_word("nginx.service\nreboot.service", "nginx.service\r", "\nshop.service", "shop.service\n")


def test_b04_an_option_is_no_unit_of_roots(throne):
    throne.refuses_word("--force", "--force.service", "-H", "--no-block", named=("unknown_service",))
    throne.refuses_word("--root=/tmp", "-H root@elsewhere", named=("malformed",))


def test_b05_two_units_are_none(throne):
    throne.refuses_word("nginx.service other.service", "shop.service\tother.service", "shop.service,other.service")


def test_b06_a_letter_that_looks_alike_is_another_unit(throne):
    throne.refuses_word("ѕhop.service", "sho\u0440.service", "shop\u2024service", "ｓhop.service")
    throne.refuses_word("sh0p.service", "SHOP.service", "shop.Service", named=("unknown_service",))


def test_b07_a_path_that_climbs_is_none_and_a_link_leads_nowhere(throne):
    throne.refuses_word("../../etc/shadow", "/etc/shadow", "..%2f..%2fetc", "shop.service/../../etc")
    throne.refuses_path("B07 climbing")
    throne.refuses_path("B07 links", when=Failed)
    assert (throne.folder / "etc" / "shadow").read_text() == "root:x"


def test_b08_a_path_is_absolute(throne):
    throne.refuses_path("B08 relative")


def test_b09_a_nul_ends_no_word(throne):
    throne.refuses_word("shop.service\0", "shop\0.service", "\0")
    throne.refuses_path("B09 a NUL")


def test_b10_a_magic_link_leads_to_no_other_root(throne):
    throne.refuses_path("B10 magic")


def test_b11_what_is_too_long_is_none(throne):
    throne.refuses_word("n" * 256, "n" * 5000 + ".service", "n" * 60_000)
    throne.refuses_path("B11 long")


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "IFS", "environment", "argv", "parameters", "lock"])
def test_b16_a_word_that_no_request_has_is_refused_with_the_request(throne, name):
    order = json.loads(wire.order_request(throne.process.order(id=throne.fresh())))
    for value in ("/tmp/x.so", {"PATH": "/tmp"}, ["/tmp"], 7, None):
        assert throne.process.refusal(json.dumps({**order, name: value}).encode()) == "malformed"
    throne.did_nothing()


def test_b16_a_parameter_of_such_a_name_in_roots_own_file_comes_to_no_environment(throne):
    throne.process.examines_what_is_good(throne.fresh())
    seen = dict(line.split("=", 1) for line in (throne.folder / "environment").read_text().splitlines() if "=" in line)
    assert set(seen) <= {"PATH", "LANG", "PWD", "OLDPWD", "SHLVL", "_"}
    assert "/tmp" not in seen["PATH"].split(":")


@pytest.mark.parametrize(
    "unit", ["; rm -rf /", "$(id).service", "a\nb.service", "--force.service", "a.service b.service", "ѕhop.service"]
)
def test_b01_b02_b03_b04_b05_b06_such_a_unit_in_roots_own_file_starts_nothing(throne, unit, tmp_path):
    text = (throne.folder / "executor.yaml").read_text()
    other = throne.folder / "other.yaml"
    other.write_text(text.replace('"services": {', f'"services": {{{json.dumps(unit)}: {{}}, '))
    done = throne.process.command("check", other)
    other.unlink()
    assert done.returncode == 2
    assert "services." in done.stderr


def test_after_all_of_it_a_good_order_is_carried_out(throne):
    throne.process.says(active="failed")
    found = throne.process.runs(id=throne.fresh(), playbook="mend-shop")
    assert isinstance(found, Succeeded), found
    assert throne.process.restarted == [SERVICE]
    assert sorted(path.name.partition(".aside-")[0] for path in (throne.folder / "srv").iterdir()) == [
        "linked",
        "lock",
        "way",
    ]
    assert throne.process.says_as(AGENT, wire.request("hello"))["halted"] is False
