"""What the executor checks by itself before it acts, in this order, each with a name of its own."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from aiops_agent.executor import asking
from aiops_agent.executor.checks import Ready, examine
from aiops_agent.model.decision import Mode
from aiops_agent.model.incident import Outcome
from aiops_agent.model.order import Refused
from aiops_agent.model.playbook import NotNeeded
from aiops_agent.policy.limits import Group
from aiops_agent.state.actions import Action
from tests.executor.desk import (
    ANN,
    RESTART,
    SERVICE,
    UNDONE,
    Units,
    desk_in,
    order_for,
    question_words,
    sign_anew,
)
from tests.fakes import NO, ScriptedExecutor

FAILED = ScriptedExecutor()


class Alone(ScriptedExecutor):
    """A host on which no unit is active."""

    def run(self, command, stopped):
        return NO if command.arguments.get("is") == "active" else super().run(command, stopped)


ALONE = Alone()


@pytest.fixture
def desk(tmp_path):
    with desk_in(tmp_path) as desk:
        yield desk


def examined(desk, order=None, *, units=None, prober=FAILED):
    return examine(desk, order or order_for(desk), units or Units(), prober, desk.clock.now(), lambda: False)


def agree(desk, order=None):
    question = asking.ask(desk, question_words(order or order_for(desk)), Units(), desk.clock.now())
    asking.decide(desk, question.id, ANN, yes=True, now=desk.clock.now())
    return question


def ran(desk, *, minutes_ago=120.0, outcome=Outcome.SUCCEEDED, name="1"):
    at = desk.clock.now() - timedelta(minutes=minutes_ago)
    with desk.transaction():
        desk.actions.intend(Action(f"earlier-{name}", None, "restart-shop", "d" * 64, SERVICE, at))
        desk.actions.finish(f"earlier-{name}", outcome, at)


def test_what_nothing_speaks_against_is_ready(desk):
    question = agree(desk)
    found = examined(desk)
    assert isinstance(found, Ready), found
    assert found.question.id == question.id
    assert [(step.verb, dict(step.arguments)) for step in found.bound.steps] == [("unit", {"restart": SERVICE})]


def halted(desk):
    desk.halt.set("ann", desk.clock.now())
    return order_for(desk)


def no_such_playbook(desk):
    return order_for(desk, playbook="reboot-all")


def another_digest(desk):
    return order_for(desk, digest="0" * 64)


def not_signed(desk):
    desk.settings.signing.manifest.unlink()
    return order_for(desk)


def unlisted_service(desk):
    desk.settings = replace(desk.settings, services={})
    return order_for(desk)


def service_it_is_not_for(desk):
    path = desk.settings.playbooks[0] / "restart-shop.yaml"
    path.write_text(RESTART.replace('services: ["*.service"]', 'services: ["nginx.service"]'))
    sign_anew(desk)
    return order_for(desk)


def observing(desk):
    desk.settings = replace(desk.settings, mode=Mode.OBSERVE)
    return order_for(desk)


def last_of_its_group(desk):
    group = Group(name="shops", services=(SERVICE, "other.service"), minimum=1)
    desk.settings = replace(desk.settings, limits=replace(desk.settings.limits, groups=(group,)))
    return order_for(desk)


def ran_lately(desk):
    ran(desk, minutes_ago=10)
    return order_for(desk)


def ran_often(desk):
    for number in range(3):
        ran(desk, minutes_ago=120 + number, name=str(number))
    return order_for(desk)


def nobody_asked(desk):
    return order_for(desk)


IN_ORDER = (
    ("halted", halted),
    ("unknown_playbook", no_such_playbook),
    ("digest_differs", another_digest),
    ("unsigned", not_signed),
    ("unknown_service", unlisted_service),
    ("parameters", service_it_is_not_for),
    ("observe_only", observing),
    ("group_minimum", last_of_its_group),
    ("cap_reached", ran_often),
    ("cooldown", ran_lately),
    ("not_approved", nobody_asked),
)


@pytest.mark.parametrize(("name", "fault"), IN_ORDER)
def test_each_fault_is_refused_by_its_name(desk, name, fault):
    if name != "not_approved":
        agree(desk)
    found = examined(desk, fault(desk), prober=ALONE)
    assert isinstance(found, Refused)
    assert found.name == name


def test_a_hand_on_the_unit_is_seen_by_the_executor_itself_however_much_was_agreed_to(desk):
    agree(desk)
    prober = ScriptedExecutor({"untouched": NO})
    assert examined(desk, prober=prober) == NotNeeded("untouched", NO.detail)
    [look] = [command for command in prober.commands if command.verb == "untouched"]
    assert look.arguments == {"unit": SERVICE, "for": 900}


def test_the_executors_own_runs_are_no_hand_by_its_own_record(desk):
    ran(desk, minutes_ago=20)
    agree(desk)
    prober = ScriptedExecutor()
    assert isinstance(examined(desk, prober=prober), Ready)
    [look] = [command for command in prober.commands if command.verb == "untouched"]
    at = desk.clock.now().timestamp() - 20 * 60
    assert look.arguments["ours.0"] == f"{at:.6f} {at:.6f}"


LATER = [name for name, _ in IN_ORDER]


@pytest.mark.parametrize("first", [name for name in LATER if name not in ("unknown_playbook", "digest_differs")])
def test_of_two_faults_the_earlier_is_named(desk, first):
    """Every fault together with the last one, which is there as long as nobody has agreed."""
    found = examined(desk, dict(IN_ORDER)[first](desk), prober=ALONE)
    assert found.name == first


def test_the_switch_comes_before_the_playbook_and_the_playbook_before_the_service(desk):
    unlisted_service(desk)
    assert examined(desk, no_such_playbook(desk)).name == "unknown_playbook"
    halted(desk)
    assert examined(desk, no_such_playbook(desk)).name == "halted"


def test_a_unit_that_is_not_there_is_refused_before_policy_is_asked(desk):
    observing(desk)
    assert examined(desk, units=Units(set())).name == "unit_missing"


def test_a08_forged_evidence_is_of_no_use_the_probe_is_the_executors_own(desk):
    agree(desk)
    found = examined(desk, prober=ScriptedExecutor({"unit_state": NO}))
    assert isinstance(found, NotNeeded)


def test_evidence_is_looked_at_last_so_that_who_may_not_ask_makes_nobody_look(desk):
    prober = ScriptedExecutor()
    assert examined(desk, prober=prober).name == "not_approved"
    assert prober.commands == []


@pytest.mark.parametrize(
    ("minimum", "prober", "name"), [(1, FAILED, None), (2, FAILED, None), (1, ALONE, "group_minimum")]
)
def test_none_of_a_group_is_taken_away_while_too_few_others_are_active(desk, minimum, prober, name):
    agree(desk)
    group = Group(name="shops", services=(SERVICE, "other.service", "third.service"), minimum=minimum)
    desk.settings = replace(desk.settings, limits=replace(desk.settings.limits, groups=(group,)))
    assert getattr(examined(desk, prober=prober), "name", None) == name


def test_a_group_that_a_service_is_not_of_is_not_looked_at(desk):
    agree(desk)
    group = Group(name="others", services=("other.service", "third.service"), minimum=1)
    desk.settings = replace(desk.settings, limits=replace(desk.settings.limits, groups=(group,)))
    assert isinstance(examined(desk, prober=ALONE), Ready)


def test_a_switch_that_cannot_be_read_stops(desk):
    desk.settings = replace(desk.settings, state_dir=desk.settings.state_dir / "gone")
    assert examined(desk).name == "halted"


@pytest.mark.parametrize("what", ["folder", "file"])
def test_c08_a_playbook_that_others_could_have_written_is_none(desk, what):
    order = order_for(desk)
    agree(desk)
    folder = desk.settings.playbooks[0]
    (folder if what == "folder" else folder / "restart-shop.yaml").chmod(0o775 if what == "folder" else 0o664)
    found = examined(desk, order)
    assert found.name == "unknown_playbook"
    assert "can be written by others" in found.why or "not looked into" in found.why


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_a_playbook_of_the_agents_own_is_none(desk):
    order = order_for(desk)
    os.chown(desk.settings.playbooks[0] / "restart-shop.yaml", ANN, ANN)
    assert examined(desk, order).name == "unknown_playbook"


def test_parameters_are_roots_and_typed_there(tmp_path):
    text = RESTART.replace("evidence: [", "evidence: [{port: {host: 127.0.0.1, port: $port, is: closed}}, ").replace(
        "params: {", "params: {port: {from: source.parameters.port}, "
    )
    with desk_in(tmp_path, text) as desk:
        assert examined(desk).name == "parameters", "root's configuration has none for it"
        desk.settings = replace(desk.settings, services={SERVICE: {"port": "80; reboot"}})
        assert examined(desk).name == "parameters"
        desk.settings = replace(desk.settings, services={SERVICE: {"port": 80}})
        assert examined(desk).name == "not_approved"


AUTO = {"mode": Mode.AUTO}


def test_in_mode_auto_a_low_risk_needs_nobody(tmp_path):
    with desk_in(tmp_path, **AUTO) as desk:
        found = examined(desk)
        assert isinstance(found, Ready)
        assert found.question is None


@pytest.mark.parametrize("risk", ["medium", "high", "critical"])
def test_in_mode_auto_a_higher_risk_needs_people(tmp_path, risk):
    with desk_in(tmp_path, RESTART.replace("risk: low", f"risk: {risk}").replace("undo: []", UNDONE), **AUTO) as desk:
        assert examined(desk).name == "not_approved"


def test_in_mode_auto_what_failed_last_time_needs_people(tmp_path):
    with desk_in(tmp_path, **AUTO) as desk:
        ran(desk, outcome=Outcome.FAILED)
        assert examined(desk).name == "not_approved"
