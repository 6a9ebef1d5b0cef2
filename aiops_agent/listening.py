"""Listen for sources that stop talking: a log that says nothing any more looks like one with nothing to say."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from aiops_agent.agent import Agent, Tick
from aiops_agent.model.event import Batch, Notice
from aiops_agent.model.incident import Kind, noticed, rfc3339
from aiops_agent.noun import dataclass, replace
from aiops_agent.sources.paths import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.voice import Expectation, Voice

SILENCE, MISSING = "silence", "missing"
"""The kinds of its notices: the log is there and does not grow; there is no log any more."""

LATE = timedelta(minutes=15)
"""A tick that comes so much later than a deadline may have been kept away by what silenced the source: the machine was
off. Three times what the timer unit leaves between two ticks."""

LEARNING = timedelta(days=1)
TURNS = 10
"""What `auto` must have seen of a source before it expects anything: a whole day, and ten times that it spoke."""

FACTOR = 3
LEAST_LEARNED = timedelta(hours=1)
MOST_LEARNED = timedelta(days=7)
"""`auto` waits three times the longest silence that a source came back from; at least an hour, at most a week."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be remembered of one source from now on, and told."""

    voice: "Voice"
    due: datetime | None
    expected: bool = True
    """False: nobody does any more, it is to be forgotten."""

    notice: Notice | None = None


def hear(agent: Agent, report: Tick, source: str, batch: Batch, now: datetime) -> None:
    """Note that a source is there or has spoken, if anybody wants to know; call inside the batch's transaction."""
    expectation = agent.expected.get(source)
    if expectation is None:
        return
    known = agent.state.voices.one(source)
    if batch.read_bytes and known:
        if known.spoke == now:  # this tick has noted it
            return
        voice = _spoken(known, expectation, now)
    elif known is None and (batch.read_bytes or not batch.notices):
        voice = _first_seen(source, expectation, batch, now)
    else:
        return
    agent.state.voices.save(voice, deadline(voice, expectation))
    if known and known.told:
        close(agent, report, known.name, "it speaks again", now)


def judge(agent: Agent, read: AbstractSet[str], now: datetime) -> Iterator[Change]:
    """Yield what has changed about the silence of sources; those in `read` were read to their end just now."""
    for voice, due in agent.state.voices.all():
        expectation = agent.expected.get(voice.source)
        if expectation is None:
            yield Change(voice, None, expected=False)
        elif voice.source in read:
            judged = _judged(voice, expectation, now)
            if (judged.voice, judged.due) != (voice, due):
                yield judged


def close(agent: Agent, report: Tick, name: str, why: str, now: datetime) -> None:
    """Close what was told about the silence of a source; call inside a transaction."""
    for kind in (SILENCE, MISSING):
        fingerprint = noticed(Notice(kind, name, ""), now).fingerprint
        incident = agent.state.incidents.live(Kind.AGENT, fingerprint, None)
        if incident:
            report.close(agent, incident, why, now)


def deadline(voice: "Voice", expectation: "Expectation") -> datetime | None:
    """Return when the silence of a source is to be told; None when it is told, or not known yet what is usual."""
    within = expectation.within or _learned(voice)
    return voice.since + within if within and not voice.told else None


def _learned(voice: "Voice") -> timedelta | None:
    if voice.turns < TURNS or voice.spoke - voice.first < LEARNING:
        return None
    return min(max(FACTOR * voice.longest, LEAST_LEARNED), MOST_LEARNED)


def _first_seen(source: str, expectation: "Expectation", batch: Batch, now: datetime) -> "Voice":
    from aiops_agent.model.voice import Voice  # of most sources nobody expects to hear

    return Voice(
        source=source,
        name=expectation.name,
        first=now,
        spoke=now,
        since=now,
        turns=1 if batch.read_bytes else 0,
        longest=timedelta(),
        was_away=False,
        told=False,
    )


def _spoken(voice: "Voice", expectation: "Expectation", now: datetime) -> "Voice":
    due = deadline(voice, expectation)
    was_away = due is not None and now - due > LATE
    silence = timedelta() if was_away else min(now - voice.spoke, MOST_LEARNED)
    longest = max(voice.longest, silence)
    return replace(voice, spoke=now, since=now, turns=voice.turns + 1, longest=longest, was_away=False, told=False)


def _judged(voice: "Voice", expectation: "Expectation", now: datetime) -> Change:
    due = deadline(voice, expectation)
    if now < voice.since:  # the clock was set back
        voice = replace(voice, since=now)
    elif due is None or now < due:
        return Change(voice, due)
    elif now - due > LATE and not voice.was_away:
        voice = replace(voice, since=now, was_away=True)
    else:
        return Change(replace(voice, told=True), None, notice=_notice(voice, expectation))
    return Change(voice, deadline(voice, expectation))


def _notice(voice: "Voice", expectation: "Expectation") -> Notice:
    within = expectation.within or _learned(voice)
    usual = "learned from its longest silence so far" if expectation.within is None else "as its `silence:` says"
    expected = f"It was expected to say something within {within} (hours:minutes:seconds), {usual}."
    if expectation.paths and not find(expectation.paths).files:
        gone = (
            f"No file of that name is there any more; the last that was new in it was read at {rfc3339(voice.spoke)}."
        )
        return Notice(MISSING, expectation.name, f"{gone}\n{expected}")
    if not voice.turns:
        since = f"It has said nothing since the agent began to read it, at {rfc3339(voice.first)}."
    else:
        since = f"It has said nothing since {rfc3339(voice.spoke)}."
    return Notice(SILENCE, expectation.name, f"{since}\n{expected}")
