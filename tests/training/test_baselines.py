import numpy as np
import pytest
import yaml

from aiops_agent.training.baselines import KEYWORDS, by_keywords, by_nearest, by_tfidf
from aiops_agent.training.family import Family, load_families


def family(category: str, body: str) -> Family:
    return Family(f"{category}/x", category, "x", "native", "en", (body,), (), ())


FAMILIES = [
    family("disk_full", "the disk of the host has no room for a file"),
    family("dns_failure", "the name of the host has no address"),
]


class Letters:
    """An encoder that knows which letters a text has."""

    def embed(self, texts):
        counts = np.array([[text.count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32)
        return counts / np.maximum(1, np.linalg.norm(counts, axis=1, keepdims=True))


def test_there_is_one_pattern_for_each_category():
    categories = {one.category for one in load_families()}
    assert set(yaml.safe_load(KEYWORDS.read_text(encoding="utf-8"))) == categories


def test_the_first_pattern_of_the_file_that_is_found_answers():
    texts = ["write: No space left on device, timed out", "read timed out", "", "\ud800 连接被拒绝"]
    assert by_keywords(texts) == ["disk_full", "timeout", "unknown", "connection_refused"]


def test_the_nearest_family_answers():
    encoder = Letters()
    asked = encoder.embed(["the disk of the host has no room", "name of the host no address"])
    assert by_nearest(asked, FAMILIES, encoder) == ["disk_full", "dns_failure"]


def test_the_linear_model_learns_from_the_families():
    pytest.importorskip("sklearn", reason="the extra [train] is not installed")
    taught = [family(one.category, body) for one in FAMILIES for body in one.bodies * 2]
    assert by_tfidf(["no room on this disk", "no address of that name"], taught) == ["disk_full", "dns_failure"]
