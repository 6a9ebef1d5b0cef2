"""`incidents relabel` and `relabelled`: a person says what a fault is."""

import argparse
import difflib

from aiops_agent.agent import Tick
from aiops_agent.cli.incidents import named
from aiops_agent.cli.output import print_json, print_table, safe
from aiops_agent.cli.session import acting, reading, user
from aiops_agent.errors import UsageError
from aiops_agent.model.incident import rfc3339
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.recovery import settle_interrupted
from aiops_agent.relabelling import relabel as relabelled
from aiops_agent.relabelling import take_back


def relabel(arguments: argparse.Namespace) -> int:
    """Say what the fault of an incident is, or take that back."""
    if arguments.undo == bool(arguments.category):
        raise UsageError("name a CATEGORY, or --undo", hint=f"categories: {', '.join(CATEGORIES)}")
    if arguments.category:
        check_category(arguments.category)
    with acting(arguments.config) as (session, agent):
        settle_interrupted(agent, Tick())  # under the lock nothing is at work but what a crash cut short
        incident = named(agent.state, arguments.id)
        if arguments.undo:
            for each in take_back(agent, incident, user(), session.now):
                sure = " (not sure)" if each.abstained else ""
                print(safe(f"{each.id} is {each.category}{sure} again; decided by {each.decided_by}"))
            return 0
        said = relabelled(agent, incident, arguments.category, user(), session.now)
    print(safe(f"{said.incident} is {said.category}, and so are the same and near-same errors from now on"))
    print(f"nothing is done now: it is decided anew when it is next seen; to undo: relabel {said.incident} --undo")
    return 0


def check_category(category: str) -> None:
    """Refuse what is no category.

    Raises:
        UsageError: With those that are, and the nearest of them.
    """
    if category in CATEGORIES:
        return
    near = difflib.get_close_matches(category, CATEGORIES, n=1, cutoff=0.5)
    meant = f"; did you mean {near[0]}?" if near else ""
    raise UsageError(f"{category} is not a category{meant}", hint=f"known: {', '.join(CATEGORIES)}")


def list_relabelled(arguments: argparse.Namespace) -> int:
    """Print what people have said."""
    with reading(arguments.config) as (_, state):
        found = state.exemplars.all()
    if arguments.json:
        rows = [
            {
                "incident": said.incident,
                "fingerprint": said.fingerprint,
                "category": said.category,
                "by": said.by,
                "at": rfc3339(said.said),
                "title": said.title,
            }
            for said in found
        ]
        print_json({"relabelled": rows})
    else:
        print_table(
            ("INCIDENT", "CATEGORY", "BY", "AT", "FINGERPRINT"),
            ((said.incident, said.category, said.by, rfc3339(said.said), said.fingerprint) for said in found),
            empty="nothing was relabelled",
            below=[said.title for said in found],
        )
    return 0
