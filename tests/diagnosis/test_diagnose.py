import shutil
from pathlib import Path

import pytest

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import load_articles
from aiops_agent.diagnosis.diagnose import LocalDiagnostician, load_classifier
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.vectors import SHIPPED
from aiops_agent.errors import ModelError
from aiops_agent.model.incident import diagnosed
from aiops_agent.model.risk import Risk
from aiops_agent.pipeline import found_before
from tests.build import incident

KNOWLEDGE_BASE = Path(__file__).parents[2] / "knowledge_base"

OWN = """---
id: acme-widget
title: The Acme widget service is jammed
categories: [unknown]
signs: ["WIDGET-4711 flux capacitor jammed"]
---
Unjam the flux capacitor.
"""


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(MODELS)


def built(encoder, *folders, cache=None):
    shipped = KNOWLEDGE_BASE / SHIPPED
    return LocalDiagnostician(load_classifier(encoder), encoder, load_articles(folders), cache, shipped=shipped)


@pytest.fixture(scope="module")
def diagnostician(encoder):
    return built(encoder, KNOWLEDGE_BASE)


def test_a_record_gets_its_category_and_the_article_that_helps(diagnostician):
    (diagnosis,) = diagnostician.diagnose(["write: no space left on device"], ["shop.service"])
    assert diagnosis.prediction.category == "disk_full"
    article = next(one for one in diagnostician.shelf.articles if one.id == diagnosis.article.id)
    assert "disk_full" in article.categories


def test_order_is_kept_and_none_is_no_service(diagnostician):
    found = diagnostician.diagnose(["connect: connection refused", "too many open files"], [None, "a.service"])
    assert [one.prediction.category for one in found] == ["connection_refused", "fd_exhaustion"]


def test_nothing_to_diagnose_gives_nothing(diagnostician):
    assert diagnostician.diagnose([], []) == []


def test_an_own_article_is_cited_even_for_a_record_the_model_does_not_know(tmp_path, encoder):
    (tmp_path / "own.md").write_text(OWN, encoding="utf-8")
    own = built(encoder, KNOWLEDGE_BASE, tmp_path, cache=tmp_path / "cache")
    (diagnosis,) = own.diagnose(["WIDGET-4711 flux capacitor jammed at position 3"], [None])
    assert diagnosis.article.id == "acme-widget"


def test_a_person_finds_an_article_by_a_few_words(diagnostician):
    best = diagnostician.search("disk full")[0]
    article = next(one for one in diagnostician.shelf.articles if one.id == best.id)
    assert "disk_full" in article.categories


def test_a_person_finds_an_article_in_chinese(diagnostician):
    best = diagnostician.search("磁盘空间不足")[0]
    article = next(one for one in diagnostician.shelf.articles if one.id == best.id)
    assert "disk_full" in article.categories


def test_how_sure_it_was_is_remembered_with_what_an_incident_was_found_to_mean():
    found = incident(sure_for=Risk.MEDIUM, article=None)
    assert diagnosed(found, found_before(None, found), found.playbook, found.choice) == found


def test_without_the_model_nothing_is_loaded(tmp_path):
    models = tmp_path / "models"
    shutil.copytree(MODELS, models)
    (models / "encoder" / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx"):
        load_encoder(models)
