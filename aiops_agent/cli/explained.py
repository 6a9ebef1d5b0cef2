"""A diagnosis in words for a person: what decided, what comes near, which article and playbook, and why not more."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from aiops_agent.cli.output import percent, safe
from aiops_agent.model.attempt import Attempt
from aiops_agent.model.decision import Mode, Reason
from aiops_agent.model.diagnosis import Citation, Prediction
from aiops_agent.model.explanation import Explanation, Neighbour
from aiops_agent.model.incident import rfc3339
from aiops_agent.model.playbook import Playbook
from aiops_agent.model.signature import Signature
from aiops_agent.policy.attempts import IN_VAIN, in_vain
from aiops_agent.policy.decide import UNATTENDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.diagnosis.articles import Article

WIDTH = 60
"""Characters of a line: a terminal on a phone that is held across has them."""

LABEL = 11

WORTH_NAMING = 0.01
"""The least probability of an alternative that is told."""

SHOWN = 3
"""Signs, neighbours and further articles that are told."""


def labelled(label: str, *texts: str) -> Iterator[str]:
    """Yield texts behind a label, folded at words to the width; what is one long word stays whole."""
    head = f"{label}:" if label else ""
    for text in texts:
        for line in wrap(safe(text), WIDTH - LABEL, break_long_words=False, break_on_hyphens=False) or [""]:
            yield f"{head:<{LABEL}}{line}".rstrip()
            head = ""


def explained(
    explanation: Explanation, articles: "Sequence[tuple[Citation, Article | None]]", playbook: str | None, text: str
) -> Iterator[str]:
    """Yield what a person reads of a diagnosis, but for why nothing more is done.

    Args:
        explanation: The diagnosis.
        articles: What it cites, the best first, each as it stands on the shelf.
        playbook: The name of what it would use.
        text: The record, redacted.
    """
    prediction = explanation.diagnosis.prediction
    certain = "as a person said" if explanation.by_model is None else sure(prediction)
    yield from labelled("category", f"{prediction.category}, {certain}")
    yield from labelled("because", *_because(explanation))
    yield from labelled("near", *map(near, explanation.neighbours)) if explanation.neighbours else ()
    yield from labelled("else", alternatives(prediction))
    for citation, article in articles[:1]:
        yield from labelled(
            "article", citation.id, citation.title, f"why: {why_cited(citation, article, prediction, text)}"
        )
    if not articles:
        yield from labelled("article", "none fits")
    others = ", ".join(citation.id for citation, _ in articles[1:SHOWN])
    yield from labelled("", f"see also: {others}") if others else ()
    yield from labelled("playbook", playbook or "none")


def sure(prediction: Prediction) -> str:
    """Return in words how sure an answer is."""
    enough = f"sure enough for a playbook of risk {prediction.sure_for.name.lower()}"
    return f"{percent(prediction.confidence)} ({'not sure enough to act on' if prediction.abstained else enough})"


def _because(explanation: Explanation) -> Iterator[str]:
    """Yield what decided, and the words of the record that state a category."""
    prediction = explanation.diagnosis.prediction
    yield prediction.decided_by
    said = dict.fromkeys(f'"{" ".join(one.words.split())}" says {one.category}' for one in explanation.signs)
    yield from [*said][:SHOWN]
    if len(said) > SHOWN:
        yield f"and {len(said) - SHOWN} more signs"
    if explanation.by_model:
        model = explanation.by_model
        beside = "without the signs" if explanation.signs else "no sign is in it;"
        yield f"{beside} the model says {model.category}, {percent(model.confidence)}"


def near(neighbour: Neighbour) -> str:
    """Return in words how near a record is to what a person has named."""
    said, counts = (
        neighbour.exemplar,
        "taken for the same" if neighbour.counts else "not near enough, or states another fault",
    )
    return (
        f"{said.incident}, {said.category} ({said.by.removeprefix('user:')}); cosine {neighbour.cosine:.2f}: {counts}"
    )


def alternatives(prediction: Prediction) -> str:
    """Return in words what else it may be."""
    others = [f"{a.category} {percent(a.confidence)}" for a in prediction.alternatives if a.confidence >= WORTH_NAMING]
    return ", ".join(others) or "nothing comes near"


def why_cited(citation: Citation, article: "Article | None", prediction: Prediction, text: str) -> str:
    """Return in words why an article was chosen."""
    if citation.why:
        return citation.why
    lower = text.lower()
    found = next((sign for sign in article.signs if sign.lower() in lower), None) if article else None
    if found:
        return f'the record has its sign "{found}"'
    if article and prediction.category in article.categories:
        return f"it is about {prediction.category}, and its words fit best"
    return "its words fit best"


def reasons(
    prediction: Prediction, playbook: Playbook | None, mode: Mode, signature: Signature, stage: str | None
) -> list[Reason]:
    """Return why a playbook would not simply be run for a record, all that is known without its service.

    Args:
        prediction: What it was found to be.
        playbook: What would be run; None: there is none.
        mode: Of the policy.
        signature: How it stands to its signature.
        stage: How far it has come on this host; None: not known.
    """
    if playbook is None:
        return [Reason.UNSURE] * prediction.abstained + [Reason.NO_PLAYBOOK]
    holds = (
        (prediction.abstained, Reason.UNSURE),
        (mode is Mode.OBSERVE, Reason.OBSERVE_ONLY),
        (mode is Mode.APPROVE, Reason.MODE_APPROVE),
        (not prediction.abstained and prediction.sure_for < playbook.risk, Reason.UNSURE_FOR_RISK),
        (playbook.risk > UNATTENDED, Reason.RISK_NEEDS_APPROVAL),
        (signature is not Signature.SIGNED, Reason.UNSIGNED),
        (stage == "shadow", Reason.SHADOW),
        ((stage or "").startswith("proven"), Reason.UNPROVEN),
    )
    return [reason for is_so, reason in holds if is_so]


def decided(by: str) -> str:
    """Return in words what decided about a category."""
    return by if by.startswith(("relabelled ", "like ")) else f"decided by {by}"


def tried(attempts: Sequence[Attempt]) -> str:
    """Return in words which playbooks were run for a fault and whether they helped; empty: none was."""
    names = dict.fromkeys(attempt.playbook for attempt in attempts)
    return "; ".join(_tried(name, [attempt for attempt in attempts if attempt.playbook == name]) for name in names)


def _tried(name: str, attempts: Sequence[Attempt]) -> str:
    last = attempts[0]
    came_back = f", and the fault came back at {rfc3339(last.returned)}" if last.returned else ""
    vain = in_vain(attempts, name)
    held = f"; {vain} times in vain: somebody must agree before it runs for this fault again" if vain >= IN_VAIN else ""
    times = "once" if len(attempts) == 1 else f"{len(attempts)} times"
    return f"{name} {times}, last at {rfc3339(last.began)}: {last.outcome}{came_back}{held}"
