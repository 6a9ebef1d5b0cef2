"""A person says what a fault is: from then on it is that, and everything else goes its usual way."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.agent import Tick
from aiops_agent.errors import AuditError, ForgedError, ModelError, UsageError
from aiops_agent.model.decision import Mode
from aiops_agent.model.evidence import Evidence
from aiops_agent.model.incident import Kind, Status
from aiops_agent.noun import replace
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.relabelling import relabel, take_back
from aiops_agent.repair import act_on_granted
from aiops_agent.state.approvals import ApprovalState
from aiops_agent.state.exemplars import MOST
from tests.journeys.host import Host
from tests.journeys.machine import FAILURE, Machine, open_to_all

STRANGE = "2026-11-23 03:00:00,001 ERROR shop: the widget is stuck"


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def strange(host: Host, *, broken: bool = True) -> None:
    """Log what the model is not sure of; the repair for service failures would help."""
    if broken:
        host.lock.write_text("1\n")
    host.writes(STRANGE)


def named(host: Host, category: str = "service_failure", by: str = "user:ada"):
    """Have a person say what the last fault is."""
    with host.agent() as agent:
        return relabel(agent, found(host), category, by, host.clock.time)


def taken_back(host: Host):
    with host.agent() as agent:
        return take_back(agent, found(host), "user:ada", host.clock.time)


def found(host: Host):
    return next(each for each in host.incidents() if each.kind is Kind.LOG)


def runs(host: Host) -> int:
    return host.recorded().count("intent")


def test_it_is_that_at_once_and_nothing_is_done_before_it_is_seen_again(host):
    strange(host)
    host.tick()
    assert (found(host).decision, found(host).reason) == ("report", "unsure")
    named(host)
    assert (found(host).category, found(host).abstained) == ("service_failure", False)
    assert found(host).decided_by.startswith("relabelled by ada on 2026-11-23, incident inc-")
    assert runs(host) == 0
    host.tick()
    assert runs(host) == 0, "it has not been seen again"
    strange(host)
    host.tick()
    assert runs(host) == 1
    assert found(host).status is Status.RESOLVED
    assert not host.lock.exists()


def test_the_same_fault_needs_no_model_from_then_on(host):
    strange(host)
    host.tick()
    named(host)
    with host.agent() as agent, agent.state.transaction():
        agent.state.incidents.save(replace(agent.state.incidents.all()[0], status=Status.CLOSED))
    asked = len(host.diagnostician.asked)
    strange(host)
    host.tick()
    first, second = sorted((each for each in host.incidents() if each.kind is Kind.LOG), key=lambda i: i.first_seen)
    assert (first.status, second.category) == (Status.CLOSED, "service_failure")
    assert second.id != first.id
    assert len(host.diagnostician.asked) == asked
    assert runs(host) == 1


def test_what_is_known_already_is_diagnosed_anew_after_a_person_has_said_something(host):
    """It may be near to it: the diagnostician says that, and is asked once."""
    other = "2026-11-23 03:00:00,001 ERROR shop: the gadget hums"
    host.writes(other)
    host.tick()
    strange(host, broken=False)
    host.tick()
    with host.agent() as agent:
        [said] = [each for each in host.incidents() if "widget" in each.title]
        relabel(agent, said, "service_failure", "user:ada", host.clock.time)
    for _ in range(3):
        host.writes(other)
        host.tick()
    assert sum("gadget" in text for text in host.diagnostician.asked) == 2


def test_a_question_about_it_is_withdrawn_and_what_was_agreed_to_is_not_run(host):
    host.mode = Mode.APPROVE
    host.fails()
    host.tick()
    with host.agent() as agent:
        [question] = agent.state.approvals.pending()
        with agent.state.transaction():
            agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:bob", host.clock.time)
    named(host, "disk_full")
    with host.agent() as agent:
        act_on_granted(agent, Tick())
        assert [each.state for each in agent.state.approvals.all()] == [ApprovalState.WITHDRAWN]
    assert found(host).status is Status.OPEN
    host.fails()
    host.tick()
    assert runs(host) == 0
    assert host.lock.exists()
    assert [entry.action for entry in host.record() if entry.actor == "user:ada"] == [
        "incident.relabelled",
        "approval.withdrawn",
    ]


def test_a_no_from_before_was_about_something_else(host):
    host.mode = Mode.APPROVE
    host.fails()
    host.tick()
    with host.agent() as agent:
        [question] = agent.state.approvals.pending()
        with agent.state.transaction():
            agent.state.approvals.answer(question.id, ApprovalState.DENIED, "user:bob", host.clock.time)
    host.tick()
    named(host)
    host.fails()
    host.tick()
    assert found(host).status is Status.WAITING_APPROVAL


def test_taken_back_it_is_what_the_model_says(host):
    strange(host)
    host.tick()
    named(host)
    [now] = taken_back(host)
    assert (now.abstained, now.decided_by) == (True, "fixed")
    strange(host)
    host.tick()
    assert runs(host) == 0
    assert host.lock.exists()
    by_people = [entry for entry in host.record() if entry.actor == "user:ada"]
    assert [entry.action for entry in by_people] == ["incident.relabelled", "incident.label_withdrawn"]
    assert by_people[0].detail["category"] == "service_failure"
    with pytest.raises(UsageError, match="nobody has said"):
        taken_back(host)


def test_what_is_said_to_be_none_of_them_is_not_acted_on(host):
    host.fails()
    host.mode = Mode.OBSERVE
    host.tick()
    named(host, "unknown")
    host.mode = Mode.AUTO
    host.fails()
    host.tick()
    assert (found(host).reason, runs(host)) == ("unsure", 0)


def test_a_notice_of_the_agent_is_no_fault(host):
    (host.playbooks / "broken.yaml").write_text("name: [")
    host.tick()
    [notice] = host.incidents()
    with host.agent() as agent, pytest.raises(UsageError, match="a notice of the agent"):
        relabel(agent, notice, "disk_full", "user:ada", host.clock.time)


def test_a_record_that_cannot_be_opened_is_no_exemplar(host):
    strange(host)
    host.tick()
    with host.agent() as agent:
        agent.state.database.rows("UPDATE incidents SET evidence=x'01'")
        with pytest.raises((AuditError, ForgedError)):
            relabel(agent, agent.state.incidents.all()[0], "disk_full", "user:ada", host.clock.time)
        assert agent.state.exemplars.count() == 0


def test_more_than_are_searched_are_refused_and_one_of_them_can_still_be_changed(host):
    strange(host)
    host.tick()
    named(host)
    with host.agent() as agent:
        agent.state.database.rows(
            "INSERT INTO exemplars (fingerprint, number, sealed, record, edition) WITH RECURSIVE n(x) AS "
            "(SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?) SELECT 'f' || x, 1, x'', x'', '' FROM n",
            MOST - 1,
        )
    assert named(host, "disk_full").category == "disk_full"
    host.writes("2026-11-23 03:00:00,001 ERROR shop: the gadget hums")
    host.tick()
    with host.agent() as agent, pytest.raises(UsageError, match="10000 faults"):
        [other] = [each for each in agent.state.incidents.all() if "gadget" in each.title]
        relabel(agent, other, "disk_full", "user:ada", host.clock.time)


def test_what_was_said_and_cannot_be_opened_is_told_and_nothing_is_acted_on(host):
    strange(host)
    host.tick()
    named(host)
    with host.agent() as agent:
        agent.state.database.rows("UPDATE exemplars SET sealed=x'01'")
        [known] = agent.state.incidents.all()
        with agent.state.transaction():
            agent.state.incidents.save(replace(known, status=Status.CLOSED))
    strange(host)
    host.fails()
    report = host.tick()
    assert isinstance(report.forged, ForgedError)
    assert runs(host) == 0


@pytest.mark.slow
@given(
    st.sampled_from([Mode.OBSERVE, Mode.APPROVE, Mode.AUTO]),
    st.sampled_from(["low", "medium"]),
    st.lists(st.sampled_from(["seen", "looked", *CATEGORIES[-6:]]), max_size=6),
)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_label_is_never_bolder_than_the_policy(tmp_path_factory, mode, risk, deeds):
    """Whatever people say: nothing runs but what the mode allows, for the category as it stands, when it is seen."""
    host = Host(tmp_path_factory.mktemp("host"), mode=mode, risk=risk)
    strange(host)
    host.tick()
    for deed in deeds:
        before = runs(host)
        if deed == "seen":
            strange(host)
            category = found(host).category
            host.tick(timedelta(hours=1))
            allowed = mode is Mode.AUTO and risk == "low" and category == "service_failure"
            assert runs(host) - before <= int(allowed)
        elif deed == "looked":
            host.tick()
            assert runs(host) == before
        else:
            named(host, deed)
            assert runs(host) == before
    assert "approval.granted" not in host.recorded()


@pytest.mark.slow
def test_who_may_not_look_into_the_state_is_told_and_answered_by_the_model():
    with open_to_all() as machine:
        machine.writes(FAILURE)
        [incident] = machine.scan()["incidents"]
        assert machine.run("incidents", "relabel", incident["id"], "disk_full").code == 0
        record = machine.folder / "record"
        record.write_text(f"{FAILURE}\n")
        record.chmod(0o644)
        assert machine.run("diagnose", str(record), "--json").json["category"] == "disk_full"
        by_nobody = machine.run_as_nobody("diagnose", str(record), "--json")
        assert by_nobody.json["category"] == "service_failure"
        assert "is for root and the owner of state_dir" in by_nobody.err


def test_the_same_fault_of_another_service_is_that_too_unless_it_is_over(host):
    strange(host, broken=False)
    host.tick()
    with host.agent() as agent:
        [known] = agent.state.incidents.all()
        with agent.state.transaction():
            for identity, status in (("inc-0000000002", Status.OPEN), ("inc-0000000003", Status.CLOSED)):
                other = replace(known, id=identity, service=f"{identity}.service", status=status)
                agent.state.incidents.save(replace(other, evidence=Evidence(known.evidence.words)))
        relabel(agent, known, "disk_full", "user:ada", host.clock.time)
        assert sorted((each.id[-1], each.category) for each in agent.state.incidents.all() if each.id != known.id) == [
            ("2", "disk_full"),
            ("3", "service_failure"),
        ]


class Missing:
    """A diagnostician whose model is gone."""

    def diagnose(self, texts, services):
        raise ModelError("it does not load")

    def cite(self, text, service, category):
        raise ModelError("it does not load")


def test_without_the_model_nothing_is_said_taken_back_or_recorded(host):
    strange(host, broken=False)
    host.tick()
    with host.agent() as agent, pytest.raises(ModelError):
        relabel(replace(agent, diagnostician=Missing()), found(host), "disk_full", "user:ada", host.clock.time)
    assert "incident.relabelled" not in host.recorded()
    named(host)
    with host.agent() as agent, pytest.raises(ModelError):
        take_back(replace(agent, diagnostician=Missing()), found(host), "user:ada", host.clock.time)
    assert "incident.label_withdrawn" not in host.recorded()
    assert found(host).category == "service_failure"


@pytest.mark.slow
def test_a_tick_that_sees_only_what_a_person_has_named_loads_no_model(tmp_path):
    machine = Machine(tmp_path)
    machine.writes(FAILURE)
    [incident] = machine.scan()["incidents"]
    for words in (("relabel", incident["id"], "disk_full"), ("close", incident["id"])):
        assert machine.run("incidents", *words).code == 0
    loaded = {}
    for line in (FAILURE, "2026-11-23 03:00:00,001 ERROR shop: something new altogether"):
        machine.writes(line)
        machine.environment["PYTHONPROFILEIMPORTTIME"] = "1"
        done = machine.run("scan", "--json")
        [again] = done.json["incidents"]
        loaded[again["category"]] = any("onnxruntime" in said for said in done.err.splitlines())
    assert loaded.pop("disk_full") is False
    assert list(loaded.values()) == [True]
