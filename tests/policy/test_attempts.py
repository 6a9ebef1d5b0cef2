"""A playbook that did not help against a fault is not chosen for it by itself any more."""

from datetime import timedelta

import pytest

from aiops_agent.model.attempt import Attempt
from aiops_agent.model.decision import NO_HISTORY, AskApproval, Mode, Reason
from aiops_agent.model.incident import Outcome
from aiops_agent.noun import replace
from aiops_agent.policy.attempts import in_vain, unhelpful
from aiops_agent.policy.decide import PolicySettings, decide
from aiops_agent.policy.limits import Limits
from tests.build import NOW, incident, playbook
from tests.policy.histories import AT

HELPED = Attempt(
    playbook="restart", target="shop.service", began=NOW, outcome=Outcome.SUCCEEDED, returned=None, forgiven=False
)
FAILED = replace(HELPED, outcome=Outcome.FAILED)
UNDONE = replace(HELPED, outcome=Outcome.UNDONE)
CAME_BACK = replace(HELPED, returned=NOW + timedelta(hours=1))
FORGIVEN = replace(FAILED, forgiven=True)


@pytest.mark.parametrize(
    ("attempts", "times"),
    [
        ([], 0),
        ([HELPED], 0),
        ([FAILED], 1),
        ([FAILED, UNDONE], 2),
        ([CAME_BACK, CAME_BACK], 2),
        ([FAILED, CAME_BACK, UNDONE], 3),
        ([HELPED, FAILED, FAILED], 0),
        ([FAILED, HELPED, FAILED], 1),
        ([CAME_BACK, FORGIVEN, FAILED], 1),
    ],
)
def test_runs_in_vain_are_counted_since_it_helped_or_a_person_agreed(attempts, times):
    assert in_vain(attempts, "restart") == times


def test_of_another_playbook_nothing_is_counted():
    other = replace(FAILED, playbook="reload")
    assert in_vain([other, FAILED, other], "restart") == 1
    assert unhelpful([other, FAILED, other]) == {"reload"}


def test_one_run_in_vain_is_not_enough_and_two_are():
    assert unhelpful([FAILED]) == frozenset()
    assert unhelpful([FAILED, CAME_BACK]) == {"restart"}


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.APPROVE])
def test_what_was_tried_in_vain_is_asked_about_and_says_so(mode):
    at = replace(AT, unhelpful=True)
    found = decide(incident(), playbook(), NO_HISTORY, at, PolicySettings(mode=mode, limits=Limits(unlock_after=0)))
    assert isinstance(found, AskApproval)
    assert found.reason is Reason.DID_NOT_HELP


def test_what_only_reports_does_not_ask_for_it():
    at = replace(AT, unhelpful=True)
    assert (
        decide(incident(), playbook(), NO_HISTORY, at, PolicySettings(mode=Mode.OBSERVE)).reason is Reason.OBSERVE_ONLY
    )
