"""Which playbook is for an incident, and when to choose again."""

from aiops_agent.agent import Agent
from aiops_agent.digest import blake2b
from aiops_agent.helping import unhelpful_against
from aiops_agent.model.event import Fingerprint
from aiops_agent.model.incident import Incident, Status
from aiops_agent.noun import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.diagnosis import Diagnosis


@dataclass(frozen=True, slots=True)
class Choice:
    """What a playbook is chosen from, beside the diagnosis."""

    service: str | None
    digest: str
    """Of all of it: another one, and it is chosen anew."""

    unhelpful: frozenset[str] = frozenset()
    """Names of those that were tried in vain against this very fault."""

    def against(self, agent: Agent, fault: Fingerprint) -> "Choice":
        """Return what is left to choose from for one fault."""
        unhelpful = unhelpful_against(agent, fault) if self.service else frozenset[str]()
        if not unhelpful:
            return self
        return replace(self, digest=_digest((self.digest, *sorted(unhelpful))), unhelpful=unhelpful)


def pending(incident: Incident) -> bool:
    """Tell whether its playbook is being asked about or run: not the moment to choose another."""
    return incident.status in (Status.WAITING_APPROVAL, Status.RUNNING)


def choice_of(agent: Agent, service: str | None) -> Choice:
    """Return what there is to choose from for a service; reads no playbook."""
    given = sorted(agent.parameters_of(service).items()), sorted(agent.roots_of(service))
    return Choice(service, _digest((agent.library.edition, *given, agent.has_root_for(service))))


def _digest(among: tuple[object, ...]) -> str:
    return blake2b(repr(among).encode(errors="surrogateescape"), digest_size=16).hexdigest()


def chosen(agent: Agent, diagnosis: "Diagnosis", choice: Choice) -> str | None:
    """Return the name of the playbook for a diagnosis, if there is one."""
    from aiops_agent.playbook.choose import choose  # a tick without a new fault has no use for the vocabulary

    service = choice.service
    parameters, roots, privileged = agent.parameters_of(service), agent.roots_of(service), agent.has_root_for(service)
    playbook = choose(
        agent.library.playbooks,
        diagnosis,
        service,
        parameters,
        privileged=privileged,
        roots=roots,
        unhelpful=choice.unhelpful,
    )
    return playbook.name if playbook else None


def found_before(agent: Agent, incident: Incident) -> "Diagnosis":
    """Return what an incident was found to mean, its article as it reads now."""
    from aiops_agent.model.diagnosis import Diagnosis, Prediction  # a tick without a new choice asks for none

    article = agent.library.article(incident.article) if incident.article else None
    prediction = Prediction(
        incident.category, incident.confidence, incident.abstained, (), incident.decided_by, incident.sure_for
    )
    return Diagnosis(prediction, (article,) if article else ())
