import json

import pytest

from aiops_agent.diagnosis.artefact import MODELS, digest

CARD = (MODELS / "MODEL_CARD.md").read_text(encoding="utf-8")


def figures(path: str) -> list[tuple[str, object]]:
    return list(json.loads((MODELS / path).read_text(encoding="utf-8")).items())


@pytest.mark.parametrize(("name", "value"), figures("figures.json") + figures("encoder/figures.json"))
def test_the_card_states_every_figure_as_it_was_measured(name, value):
    assert f"`{name}` | {value} |" in CARD


def test_the_card_names_the_weights_and_the_graph_by_digest():
    assert digest(MODELS / "encoder" / "model.onnx") in CARD
