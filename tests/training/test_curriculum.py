from pathlib import Path

import pytest

from aiops_agent.training.apart import is_apart
from aiops_agent.training.curriculum import NO_CATEGORY, compose
from aiops_agent.training.family import Family, load_families
from aiops_agent.training.mine import Saying

ROOT = Path(__file__).parents[2]
SYSTEMS = [f"system-{number}" for number in range(40)]
CATEGORIES = ("disk_full", "timeout")


def family(system, *, locale="en", body="cannot write to {system}: full"):
    return Family(f"disk_full/{system}", "disk_full", system, "native", locale, (body.format(system=system),), (), ())


def test_about_a_fifth_of_the_systems_is_kept_apart():
    systems = {one.system for one in load_families()}
    assert 0.15 < sum(map(is_apart, systems)) / len(systems) < 0.25


def test_what_is_fitted_on_the_encoder_is_fitted_on_more_than_5000_records_it_never_saw():
    pytest.importorskip("sklearn", reason="needs pip install '.[train]'")
    from aiops_agent.training.head import COPIES
    from aiops_agent.training.render import render_all

    apart = [one for one in load_families() if is_apart(one.system)]
    assert len(render_all(apart, copies=COPIES, seed=1)) >= 5000


def test_no_text_of_a_system_that_is_apart_is_shown():
    curriculum = compose([family(system) for system in SYSTEMS], (), ROOT / "nowhere", CATEGORIES, seed=1)
    shown = {system for system in SYSTEMS if any(f"{system}:" in text for text in curriculum.texts)}
    assert shown == {system for system in SYSTEMS if not is_apart(system)}
    assert 0 < len(shown) < len(SYSTEMS)


def test_a_chinese_family_teaches_its_category_alone():
    seen = next(system for system in SYSTEMS if not is_apart(system))
    curriculum = compose([family(seen, locale="zh", body="磁盘已满")], (), ROOT / "nowhere", CATEGORIES, seed=1)
    assert set(curriculum.means) == {None}
    assert set(curriculum.answers) == {0}
    assert curriculum.taught == ()


def test_a_translation_is_taught_by_what_it_means_and_the_teacher_is_asked_once():
    sayings = (Saying("timed out", "timed out", "timeout", "x"), Saying("超时了", "timed out", None, "x, Chinese"))
    curriculum = compose((), sayings, ROOT / "nowhere", CATEGORIES, seed=1)
    assert curriculum.means == ("timed out", "timed out")
    assert curriculum.taught == ("timed out",)
    assert curriculum.answers.tolist() == [1, NO_CATEGORY]


def test_articles_are_shown_but_for_those_kept_to_judge_by():
    from aiops_agent.diagnosis.articles import load_articles

    curriculum = compose((), (), ROOT / "knowledge_base", CATEGORIES, seed=1)
    for article in load_articles([ROOT / "knowledge_base"]).articles:
        assert (article.title in curriculum.texts) is not is_apart(article.id)


@pytest.mark.slow
def test_the_same_input_gives_the_same_curriculum():
    first, second = (
        compose(
            load_families()[:200],
            (),
            ROOT / "knowledge_base",
            sorted({one.category for one in load_families()}),
            seed=4,
        )
        for _ in range(2)
    )
    assert (first.texts, first.means, first.answers.tolist()) == (second.texts, second.means, second.answers.tolist())
