"""The laws of the policy, over histories by chance: 500 of each in CI, `AIOPS_EXAMPLES=20000` in a nightly run."""

from collections import Counter
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from aiops_agent.model.decision import AskApproval, History, Mode, PastRun, Reason, Run, name_of
from aiops_agent.model.incident import Outcome, Status
from aiops_agent.model.playbook import Caps
from aiops_agent.model.risk import Risk
from aiops_agent.noun import replace
from aiops_agent.policy.decide import PolicySettings, Rule, decide
from aiops_agent.policy.limits import FAILURES, FAILURES_WITHIN, Circuit, Limits, circuit, refusal, stage
from aiops_agent.policy.windows import Window
from tests.build import NOW, incident, playbook
from tests.policy.histories import AT, DIGESTS, EXAMPLES, PLAYBOOKS, TARGETS, chances, thoroughly

ACTS = {"suppress": 0, "report": 0, "ask": 1, "run": 2}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_case(chance):
    return chance.incident(), chance.history(), chance.circumstances(), chance.policy()


def acts(found, repair, history, at, allowed) -> int:
    return ACTS[name_of(decide(found, repair, history, at, allowed))]


def as_seen(done, now) -> History:
    """Return what was begun by then; what has not ended yet has no outcome."""
    seen = (run if run.ended <= now else replace(run, ended=None, outcome=None) for run in reversed(done))
    return History(tuple(seen))


@given(chances)
@thoroughly
def test_no_cap_is_exceeded_in_any_window_and_there_is_never_more_than_one_at_work(chance):
    limits, caps = chance.limits(), Caps(per_hour=1 + chance.below(4), per_day=1 + chance.below(6))
    cooldown = chance.time(timedelta(minutes=40))
    now, done = NOW, []
    for _ in range(chance.below(30)):
        now += chance.time(timedelta(minutes=4), timedelta(minutes=20), timedelta(hours=9))
        repair = playbook(name=chance.of(PLAYBOOKS), digest=chance.of(DIGESTS), caps=caps, cooldown=cooldown)
        moment = replace(AT, now=now, service=chance.of(TARGETS)).moment
        if refusal(repair, as_seen(done, now), moment, limits) is None:
            ended = now + chance.time(timedelta(minutes=5))
            done.append(PastRun(repair.name, repair.digest, moment.target, now, ended, chance.outcome()))
    for first, run in enumerate(done):
        later = done[first:]
        same = [each for each in later if (each.playbook, each.target) == (run.playbook, run.target)]
        within = lambda time, runs, run=run: [each for each in runs if each.began - run.began < time]  # noqa: E731
        assert len(within(HOUR, later)) <= limits.host_runs_per_hour
        assert len(within(HOUR, same)) <= min(caps.per_hour, limits.runs_per_hour)
        assert len(within(DAY, same)) <= caps.per_day
        repairs = [each for each in within(DAY, same) if each.outcome is Outcome.SUCCEEDED]
        assert len(repairs) <= limits.repairs_per_day
        assert len(within(cooldown, same)) <= 1
        assert all(run.ended <= each.began for each in later[1:])


@given(chances, st.sampled_from(Risk), st.sampled_from(Risk))
@thoroughly
def test_raising_the_risk_never_makes_a_decision_bolder(chance, one, other):
    found, history, at, allowed = a_case(chance)
    less, more = sorted((one, other))
    assert acts(found, playbook(risk=more), history, at, allowed) <= acts(
        found, playbook(risk=less), history, at, allowed
    )


@given(chances, st.sampled_from(Risk), st.sampled_from(Risk), st.sampled_from(Risk))
@thoroughly
def test_being_less_sure_never_makes_a_decision_bolder_whatever_the_risk(chance, one, other, risk):
    found, history, at, allowed = a_case(chance)
    less, more = (replace(found, sure_for=sure_for) for sure_for in sorted((one, other)))
    repair = playbook(risk=risk)
    assert acts(less, repair, history, at, allowed) <= acts(more, repair, history, at, allowed)
    assert acts(replace(more, abstained=True), repair, history, at, allowed) <= acts(less, repair, history, at, allowed)


@given(chances, st.sampled_from(Risk), st.sampled_from(Risk))
@thoroughly
def test_what_the_diagnosis_is_not_sure_enough_for_is_never_run_by_itself_and_the_question_says_so(chance, sure, risk):
    found, history, at, allowed = a_case(chance)
    decision = decide(replace(found, sure_for=sure), playbook(risk=risk), history, at, allowed)
    if sure < risk:
        assert not isinstance(decision, Run)
        assert not isinstance(decision, AskApproval) or decision.reason is Reason.UNSURE_FOR_RISK
    else:
        assert decision.reason is not Reason.UNSURE_FOR_RISK


def lower(mode: Mode) -> Mode:
    return {Mode.AUTO: Mode.APPROVE}.get(mode, Mode.OBSERVE)


TAKEN_FROM_THE_MOMENT = {
    "halted": lambda at: replace(at, halted=True),
    "silenced": lambda at: replace(at, silenced=True),
    "no record": lambda at: replace(at, audit_available=False),
    "forged": lambda at: replace(at, forged=True),
    "unsigned": lambda at: replace(at, signed=False),
    "busy": lambda at: replace(at, busy="a person's hand"),
    "no parameters": lambda at: replace(at, parameters_found=False),
    "asked already": lambda at: replace(at, asked=True),
    "nothing there": lambda at: replace(at, not_needed=True),
    "stale": lambda at: replace(at, settled=True),
    "no executor": lambda at: replace(at, privileged_executor=False),
    "another service fails": lambda at: replace(at, failing=at.failing | {"z.service"}),
    "refused": lambda at: replace(at, last_refusal=NOW),
    "tried in vain": lambda at: replace(at, unhelpful=True),
    "its own effect": lambda at: replace(at, written=NOW),
}
TAKEN_FROM_THE_POLICY = {
    "mode": lambda p: replace(p, mode=lower(p.mode)),
    "a cautious rule more": lambda p: replace(p, rules=(*p.rules, Rule(services=("shop*",), mode=Mode.OBSERVE))),
    "the mode of each rule": lambda p: replace(p, rules=tuple(replace(r, mode=lower(r.mode)) for r in p.rules)),
    "a freeze": lambda p: replace(p, windows=(*p.windows, Window())),
    "a window": lambda p: replace(p, windows=(*p.windows, Window(what=Mode.APPROVE))),
}
TAKEN_FROM_THE_LIMITS = {
    "runs an hour": lambda x: replace(x, runs_per_hour=x.runs_per_hour - 1),
    "runs of the host": lambda x: replace(x, host_runs_per_hour=x.host_runs_per_hour - 1),
    "repairs a day": lambda x: replace(x, repairs_per_day=x.repairs_per_day - 1),
    "trust": lambda x: replace(x, unlock_after=x.unlock_after + 1),
    "patience": lambda x: replace(x, half_open_after=x.half_open_after * 2),
    "own effects": lambda x: replace(x, self_effect=x.self_effect * 20),
    "systemic": lambda x: replace(x, systemic_services=x.systemic_services - 1),
}


@given(chances, st.sampled_from([*TAKEN_FROM_THE_MOMENT, *TAKEN_FROM_THE_POLICY, *TAKEN_FROM_THE_LIMITS]))
@thoroughly
def test_taking_a_permission_away_never_makes_a_decision_bolder(chance, taken):
    found, history, at, allowed = a_case(chance)
    less = allowed
    less_at = TAKEN_FROM_THE_MOMENT[taken](at) if taken in TAKEN_FROM_THE_MOMENT else at
    if taken in TAKEN_FROM_THE_POLICY:
        less = TAKEN_FROM_THE_POLICY[taken](allowed)
    elif taken in TAKEN_FROM_THE_LIMITS:
        less = replace(allowed, limits=TAKEN_FROM_THE_LIMITS[taken](allowed.limits))
    assert acts(found, playbook(), history, less_at, less) <= acts(found, playbook(), history, at, allowed)


@given(chances)
@thoroughly
def test_an_edit_always_demotes(chance):
    history, allowed, at = chance.history(), chance.limits(), chance.circumstances()
    assume(allowed.unlock_after > 0)
    edited = playbook(digest="f" * 64)
    assert stage(edited, history, allowed) == "shadow"
    settings = PolicySettings(mode=Mode.AUTO, limits=allowed)
    assert not isinstance(decide(incident(), edited, history, at, settings), Run)


@given(chances)
@thoroughly
def test_a_failure_always_demotes(chance):
    history, allowed, at = chance.history(), chance.limits(), chance.circumstances()
    outcome, cleared = chance.of([Outcome.FAILED, Outcome.UNDONE]), chance.yes()
    assume(allowed.unlock_after > 0)
    for target in TARGETS:
        failed = PastRun("restart", DIGESTS[0], target, NOW - HOUR * 30, NOW - HOUR * 30, outcome, cleared)
        older = [replace(run, began=run.began - HOUR * 40, ended=run.ended - HOUR * 40) for run in history.runs]
        after = History((failed, *older))
        assert stage(playbook(), after, allowed) == "shadow"
        settings = PolicySettings(mode=Mode.AUTO, limits=allowed)
        assert not isinstance(decide(incident(), playbook(), after, at, settings), Run)


@given(chances)
@thoroughly
def test_time_leads_a_circuit_from_open_to_half_open_and_never_closes_it(chance):
    history, allowed, later = chance.history(), chance.limits(), chance.time(HOUR, DAY, 90 * DAY)
    runs = history.of("restart", "shop.service")
    order = [Circuit.CLOSED, Circuit.HALF_OPEN, Circuit.OPEN]
    now, then = (circuit(runs, when, allowed, failures=FAILURES) for when in (NOW, NOW + later))
    assert (now is Circuit.CLOSED) == (then is Circuit.CLOSED)
    assert order.index(then) <= order.index(now)
    if now is not Circuit.CLOSED:
        assert circuit(runs, NOW + allowed.half_open_after, allowed, failures=FAILURES) is Circuit.HALF_OPEN


@given(chances)
@thoroughly
def test_a_circuit_is_closed_after_a_success_open_after_two_failures_and_open_again_after_one_more(chance):
    history, allowed = chance.history(), chance.limits()
    runs = history.of("restart", "shop.service")
    next_run = PastRun("restart", DIGESTS[0], "shop.service", NOW, NOW, Outcome.SUCCEEDED)
    bad = replace(next_run, outcome=Outcome.UNDONE)

    def stands(*newer):
        return circuit((*newer, *runs), NOW, allowed, failures=FAILURES)

    assert stands(next_run) is Circuit.CLOSED
    assert stands(bad, bad) is Circuit.OPEN
    assert stands(bad, next_run) is Circuit.CLOSED
    if stands() is not Circuit.CLOSED:
        assert stands(bad) is Circuit.OPEN
    close = [run for run in runs if run.outcome is not Outcome.SUCCEEDED and NOW - run.ended <= FAILURES_WITHIN]
    if stands(bad) is Circuit.OPEN and stands() is Circuit.CLOSED:
        assert close, "one failure alone opens nothing"


@given(chances)
@thoroughly
def test_nothing_runs_that_any_guard_forbids(chance):
    found, history, at, allowed = a_case(chance)
    repair = playbook(caps=Caps(1, 2))
    if not isinstance(decide(found, repair, history, at, allowed), Run):
        return
    assert found.status not in (Status.ACKNOWLEDGED, Status.WAITING_APPROVAL)
    assert not (at.halted or at.silenced or at.forged or found.abstained or found.service is None or at.busy)
    assert at.audit_available
    assert at.parameters_found
    assert not at.not_needed
    assert at.signed, "what is not signed is asked about"
    assert found.sure_for >= repair.risk
    assert not at.settled, "evidence older than the last repair is none"
    runs = history.of("restart", "shop.service")
    assert not [run for run in runs if NOW - run.began < HOUR]
    assert len([run for run in runs if NOW - run.began < DAY]) < 2
    assert circuit(runs, NOW, allowed.limits, failures=FAILURES) is Circuit.CLOSED
    assert stage(repair, history, allowed.limits) == "auto"
    assert len(at.failing) <= allowed.limits.systemic_services


def test_the_chances_of_these_laws_reach_every_kind_of_decision():
    """A law about `Run` says nothing where no example runs."""
    reached = Counter()

    @given(chances)
    @thoroughly
    def look(chance):
        found, history, at, allowed = a_case(chance)
        reached[name_of(decide(found, playbook(), history, at, allowed))] += 1

    look()
    assert reached.keys() == {"suppress", "report", "ask", "run"}
    assert min(reached.values()) > 0.01 * EXAMPLES


def test_the_defaults_are_those_that_are_documented():
    assert (Limits().runs_per_hour, Limits().host_runs_per_hour, Limits().unlock_after) == (3, 6, 3)
