"""`incidents`: what was found, and what a person says about it."""

import argparse

from aiops_agent.cli.explained import decided, tried
from aiops_agent.cli.output import category, print_json, print_table, safe
from aiops_agent.cli.session import acting, reading, user
from aiops_agent.errors import UsageError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.incident import Incident, Status, rfc3339
from aiops_agent.noun import replace
from aiops_agent.state.state import State


def list_all(arguments: argparse.Namespace) -> int:
    """Print every incident."""
    with reading(arguments.config) as (_, state):
        found = state.incidents.all()
        if arguments.json:
            print_json({"incidents": [incident.as_json() for incident in found]})
        else:
            print_table(
                ("ID", "STATUS", "SEVERITY", "CATEGORY", "SERVICE", "COUNT", "LAST SEEN"),
                (
                    (i.id, i.status, i.severity.label, category(i)[0], i.service, i.occurrences, rfc3339(i.last_seen))
                    for i in found
                ),
                empty="no incidents",
                below=[incident.title for incident in found],
            )
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print one incident whole: what, why grouped, why diagnosed so, why not more was done."""
    with reading(arguments.config) as (_, state):
        incident = named(state, arguments.id)
        asked = next((a.id for a in state.approvals.pending() if a.incident == incident.id), None)
        if arguments.json:
            print_json(
                {
                    **incident.as_json(),
                    "text": incident.text,
                    "grouped_by": incident.grouped_by,
                    "decided_by": incident.decided_by,
                }
            )
        else:
            runs, said = state.actions.attempts(incident.fingerprint), state.exemplars.of(incident.fingerprint)
            _print(incident, asked, tried(runs), anew=said is not None and incident.last_seen <= said.said)
    return 0


def _print(incident: Incident, asked: str | None, runs: str, *, anew: bool) -> None:
    from aiops_agent.chat.compose import TemplateComposer  # it loads a library that no other command here needs

    why = TemplateComposer().why(incident.reason, "en") if incident.reason else ""
    found, sure = category(incident)
    lines = {
        "incident": f"{incident.id}  {incident.status}  {incident.severity.label}",
        "title": incident.title,
        "service": incident.service or "none: report only",
        "source": incident.source,
        "seen": f"{incident.occurrences} times, {rfc3339(incident.first_seen)} to {rfc3339(incident.last_seen)}",
        "category": f"{found} ({sure}); {decided(incident.decided_by)}",
        "grouped because": incident.grouped_by,
        "article": incident.article or "none fits",
        "playbook": incident.playbook or "none",
        "decision": f"{incident.decision}: {incident.reason}{'; anew when it is next seen' if anew else ''}",
        "why": why or "-",
        **({"to answer": f"aiops-agent approvals approve {asked}, or deny {asked}"} if asked else {}),
        **({"tried": runs} if runs else {}),
        "outcome": incident.outcome or "-",
    }
    for name, value in lines.items():
        print(f"{name + ':':<17}{safe(str(value))}")
    print(f"\n{safe(incident.text)}")


def ack(arguments: argparse.Namespace) -> int:
    """Note that a person has it."""
    return _change(arguments, Status.ACKNOWLEDGED)


def close(arguments: argparse.Namespace) -> int:
    """Note that it is over."""
    return _change(arguments, Status.CLOSED)


def _change(arguments: argparse.Namespace, status: Status) -> int:
    with acting(arguments.config) as (session, agent):
        incident = named(agent.state, arguments.id)
        if incident.status is Status.CLOSED:
            raise UsageError(f"{incident.id} is closed", hint="a return of the fault opens a new incident")
        agent.journal.append(
            AuditEntry(session.now, user(), f"incident.{status}", incident.id, {"was": incident.status})
        )
        with agent.state.transaction():
            agent.state.incidents.save(replace(incident, status=status))
            agent.state.actions.clear(incident.id, session.now)  # a person has it: what failed for it is looked after
    print(f"{incident.id} is {status}")
    return 0


def named(state: State, identity: str) -> Incident:
    """Return the incident of an id.

    Raises:
        UsageError: There is none.
    """
    incident = state.incidents.by_id(identity)
    if incident is None:
        raise UsageError(f"there is no incident {identity}", hint="`aiops-agent incidents list` names them")
    return incident
