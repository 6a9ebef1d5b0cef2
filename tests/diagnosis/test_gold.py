"""Error records and the articles a person on call would be glad of, written by somebody who had read no article.

`gold.jsonl`: a third is `open`, by which shares and bounds of the retrieval were chosen; two thirds are `judged`, and
only those are asserted. Its author labelled it twice, the second time without the first.
"""

import json
from pathlib import Path

import pytest

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import load_articles
from aiops_agent.diagnosis.diagnose import LocalDiagnostician, load_classifier
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.vectors import SHIPPED

KNOWLEDGE_BASE = Path(__file__).parents[2] / "knowledge_base"
GOLD = [json.loads(line) for line in Path(__file__).with_name("gold.jsonl").read_text(encoding="utf-8").splitlines()]
JUDGED = [one for one in GOLD if one["half"] == "judged"]


@pytest.fixture(scope="module")
def cited():
    encoder = load_encoder(MODELS)
    shelf, shipped = load_articles([KNOWLEDGE_BASE]), KNOWLEDGE_BASE / SHIPPED
    diagnostician = LocalDiagnostician(load_classifier(encoder), encoder, shelf, None, shipped=shipped)
    answers = diagnostician.diagnose([one["text"] for one in JUDGED], [None] * len(JUDGED))
    return {
        one["id"]: [citation.id for citation in answer.citations] for one, answer in zip(JUDGED, answers, strict=True)
    }


def share(flags) -> float:
    found = list(flags)
    return sum(found) / len(found)


def test_the_list_is_whole():
    shipped = {article.id for article in load_articles([KNOWLEDGE_BASE]).articles}
    assert len({one["text"] for one in GOLD}) == len(GOLD) >= 200
    assert {one["articles"][0] for one in GOLD if one["articles"]} == shipped, "every article helps with some record"


def test_the_article_that_helps_comes_first(cited):
    fitting = [one for one in JUDGED if one["articles"]]
    assert share(cited[one["id"]][:1] != [] and cited[one["id"]][0] in one["articles"] for one in fitting) >= 0.90
    assert share(not {*cited[one["id"]]}.isdisjoint(one["articles"]) for one in fitting) >= 0.95


def test_in_chinese_too(cited):
    chinese = [one for one in JUDGED if one["articles"] and any("\u4e00" <= sign <= "\u9fff" for sign in one["text"])]
    assert len(chinese) >= 30
    assert share(not {*cited[one["id"]][:1]}.isdisjoint(one["articles"]) for one in chinese) >= 0.80


def test_where_no_article_fits_none_is_shown(cited):
    nothing = [one for one in JUDGED if not one["articles"]]
    assert share(not cited[one["id"]] for one in nothing) >= 0.75
