"""How near is near enough: what a bound on the cosine catches of other faults, and how often it is right.

    python -m aiops_agent.training.nearness

prints the figures that `diagnosis.exemplars` states. Run again when the encoder is another one.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.diagnose import stated_by
from aiops_agent.diagnosis.encoder import Encoder, load_encoder
from aiops_agent.diagnosis.exemplars import denials
from aiops_agent.diagnosis.signs import load_signs
from aiops_agent.training.family import Family, load_families
from aiops_agent.training.render import render_all

BOUNDS = (0.80, 0.82, 0.84, 0.85, 0.86, 0.88, 0.90, 0.92, 0.94, 0.96, 0.98)
SIZES = ((30, 60), (300, 10), (3000, 2), (10_000, 1))
"""Exemplars in memory, and how often they are drawn anew: the smaller the memory, the less it catches."""

SEED = 77
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Rendering:
    """Every record of some families twice, differently dressed: one may be an exemplar, the other is looked up."""

    vectors: NDArray[np.float32]
    categories: NDArray[np.int64]
    families: NDArray[np.int64]
    stated: NDArray[np.int64]
    """The category of the most telling sign, or none, with how much is denied."""

    second: NDArray[np.bool_]
    """Whether it is the second of the two."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What a bound catches."""

    bound: float
    records: int
    caught: int
    wrong: int
    """Of those, taken for another category."""


def rendered(families: Sequence[Family], encoder: Encoder) -> Rendering:
    """Return the records of some families in numbers."""
    signs = load_signs()
    copies = [render_all(families, copies=1, seed=SEED + copy) for copy in (0, 1)]
    records = [record for copy in copies for record in copy]
    condensed = [condense(record.text) for record in records]
    return Rendering(
        vectors=encoder.embed([each.brief for each in condensed]),
        categories=_numbers([record.category for record in records]),
        families=_numbers([record.family for record in records]),
        stated=_numbers([f"{stated_by(signs.find(each))} {denials(each.text)}" for each in condensed]),
        second=np.arange(len(records)) >= len(copies[0]),
    )


def _numbers(words: Sequence[str]) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = np.unique(np.array(words), return_inverse=True)[1]
    return numbers


def nearest(
    of: Rendering, asked: NDArray[np.int64], exemplars: NDArray[np.int64], *, apart: bool, signs: bool = True
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return, for each record asked for, the cosine of the nearest exemplar that counts, and whether it is right.

    Args:
        of: What both are numbers of.
        asked: The records.
        exemplars: What is in memory.
        apart: No exemplar of the record's own family counts: whatever is caught is another fault.
        signs: One counts only if the most telling signs of both are of one category.
    """
    cosines, right = np.zeros(len(asked), dtype=np.float32), np.zeros(len(asked), dtype=np.bool_)
    for start in range(0, len(asked), AT_ONCE):
        rows = asked[start : start + AT_ONCE]
        found = of.vectors[rows] @ of.vectors[exemplars].T
        if apart:
            found[of.families[rows][:, None] == of.families[exemplars]] = -1
        if signs:
            found[of.stated[rows][:, None] != of.stated[exemplars]] = -1
        best = found.argmax(axis=1)
        cosines[start : start + AT_ONCE] = found[np.arange(len(rows)), best]
        right[start : start + AT_ONCE] = of.categories[exemplars[best]] == of.categories[rows]
    return cosines, right


def caught(cosines: NDArray[np.float32], right: NDArray[np.bool_], bound: float) -> Caught:
    """Return what a bound catches."""
    held = cosines >= bound
    return Caught(bound, len(cosines), int(held.sum()), int((held & ~right).sum()))


def of_other_faults(of: Rendering, size: int, *, signs: bool = True) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return `nearest` of every record among so many exemplars, none of them of its own family."""
    exemplars = np.random.default_rng(SEED).permutation(len(of.families))[:size]
    return nearest(of, np.arange(len(of.families)), exemplars, apart=True, signs=signs)


def of_the_same(of: Rendering, size: int, times: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return `nearest` of every second record among so many first ones: the memory of a host where faults come back."""
    random, first, second = np.random.default_rng(SEED), np.flatnonzero(~of.second), np.flatnonzero(of.second)
    draws = [random.choice(first, min(size, len(first)), replace=False) for _ in range(times)]
    found = [nearest(of, second, draw, apart=False) for draw in draws]
    return np.concatenate([cosines for cosines, _ in found]), np.concatenate([right for _, right in found])


def pairs(of: Rendering, bound: float) -> tuple[int, int]:
    """Return how many pairs of records of two categories are as near as that, and how many pairs there are of those."""
    near = among = 0
    for start in range(0, len(of.vectors), AT_ONCE):
        other = of.categories[start : start + AT_ONCE, None] != of.categories
        near += int((other & (of.vectors[start : start + AT_ONCE] @ of.vectors.T >= bound)).sum())
        among += int(other.sum())
    return near // 2, among // 2


def report(of: Rendering) -> Iterator[str]:
    """Yield the figures in lines."""
    yield f"{len(of.families)} records of {len(set(of.families.tolist()))} families"
    near, among = pairs(of, min(BOUNDS))
    yield f"pairs of two categories with a cosine of {min(BOUNDS)} or more, whatever their signs: {near} of {among}"
    for signs in (True, False):
        yield f"10,000 exemplars, none of the record's own family, signs {'agree' if signs else 'do not count'}:"
        yield from _rows(of_other_faults(of, 10_000, signs=signs))
    for size, times in SIZES:
        yield f"{size} exemplars that may be of the same fault, drawn {times} times:"
        yield from _rows(of_the_same(of, size, times))


def _rows(found: tuple[NDArray[np.float32], NDArray[np.bool_]]) -> Iterator[str]:
    held = [caught(*found, bound) for bound in (*BOUNDS, 1.01)]
    for here, above in pairwise(held):
        band, wrong = here.caught - above.caught, here.wrong - above.wrong
        yield (
            f"  {here.bound:.2f}: caught {here.caught / here.records:.3%} of {here.records}, "
            f"wrongly {here.wrong / here.records:.4%}; right of those {1 - here.wrong / max(1, here.caught):.4f}, "
            f"in this band {1 - wrong / max(1, band):.4f} of {band}"
        )


def main() -> None:
    """Print the figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("\n".join(report(rendered(load_families(), load_encoder(MODELS)))))


if __name__ == "__main__":
    main()
