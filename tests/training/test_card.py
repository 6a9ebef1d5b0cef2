import json

import pytest

from aiops_agent.diagnosis.artefact import MODELS, digest
from aiops_agent.diagnosis.head import load_head
from aiops_agent.model.risk import Risk
from aiops_agent.training.card import CARD, END, evaluated, filled, measured
from aiops_agent.training.family import load_families
from aiops_agent.training.thresholds import BOUNDS

TEXT = (MODELS / CARD).read_text(encoding="utf-8")
FIGURES = json.loads((MODELS / "figures.json").read_text(encoding="utf-8"))


def test_the_card_states_every_figure_as_it_was_measured():
    """After training: `python -m aiops_agent.training.card --models aiops_agent/models`."""
    assert filled(TEXT, measured(MODELS)) == TEXT


def test_the_card_names_the_weights_and_the_graph_by_digest():
    assert digest(MODELS / "encoder" / "model.onnx") in TEXT


def test_it_is_calibrated_on_enough_records_of_software_that_it_had_not_seen():
    assert FIGURES["records"] >= 5000
    assert FIGURES["held_apart_calibration_error"] <= 0.03


@pytest.mark.parametrize("risk", Risk)
def test_for_every_risk_the_held_apart_answers_show_its_bound(risk):
    figures = FIGURES["risks"][risk.name.lower()]
    assert figures["bound"] == BOUNDS[risk]
    assert figures["error"] < figures["error_at_most"] <= BOUNDS[risk]
    # chosen on one half of the software and judged on the other, within what half as many answers can tell
    if (
        elsewhere := figures["error_elsewhere"]
    ) is None:  # half as many show nothing: then it never acts, and never errs
        assert risk is Risk.CRITICAL
    else:
        assert elsewhere <= BOUNDS[risk] * 1.25


@pytest.mark.parametrize("risk", Risk)
def test_the_head_acts_by_the_thresholds_that_the_figures_state(risk):
    figures = FIGURES["risks"][risk.name.lower()]
    stored = [round(float(one), 4) if one < 1 else "never" for one in load_head(MODELS).thresholds[risk - 1]]
    assert stored == [figures["by_the_model_alone"], figures["with_a_decisive_sign"]]


def test_a_table_is_put_in_its_place_and_nothing_else_is_touched():
    card = f"before\n<!-- table: a -->\nold\n{END}\nbetween\n<!-- table: b -->\nstays\n{END}\nafter\n"
    assert filled(card, {"a": "new"}) == card.replace("old", "new")
    with pytest.raises(ValueError, match="no place for the table 'c'"):
        filled(card, {"c": "new"})


def test_the_tables_of_an_evaluation_say_what_could_not_be_tried_and_why():
    share = {"times": 1, "of": 2, "share": 0.5, "low": 0.1, "high": 0.9}
    report = {
        "records": 2,
        "macro_f1": 0.5,
        "calibration_error": 0.1,
        "threshold": 0.8,
        "intervals": {"accuracy_where_sure": share},
        "ways": [
            {"name": "signs only", "accuracy": share, "macro_f1": 0.4, "needs": ""},
            {"name": "TF-IDF and linear", "accuracy": None, "macro_f1": None, "needs": ".[train]"},
        ],
        "slices": [{"field": "locale", "value": "zh", "accuracy": share, "coverage": share, "where_sure": share}],
        "sure_for": [{"risk": "low", "coverage": share, "right": share}],
        "reliability": [{"above": 0.9, "answers": 2, "confidence": 0.95, "right": 0.5}],
    }
    tables = evaluated(report)
    assert "| accuracy where sure | 0.5000 (0.100 to 0.900) |" in tables["evaluation"]
    assert "| TF-IDF and linear | needs .[train] | None |" in tables["ways"]
    assert "| locale zh | 0.5000 (0.100 to 0.900) |" in tables["slices"]
    assert set(tables) == {"evaluation", "ways", "slices", "sure", "reliability"}
    assert all(f"<!-- table: {name} -->" in TEXT for name in tables)


def test_the_shipped_head_was_fitted_on_the_families_there_are():
    families = load_families()
    assert (FIGURES["families"], FIGURES["systems"]) == (len(families), len({family.system for family in families}))
