import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.diagnosis import index as module
from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import load_articles
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.index import Index, pieces_of
from aiops_agent.diagnosis.retrieve import Query, retrieve
from aiops_agent.diagnosis.vectors import SHIPPED, vectors_of, write
from aiops_agent.errors import ModelError
from tests.diagnosis.articles import ADD, TWO, CountingEncoder, HashingEncoder, article, asked, found_by

KNOWLEDGE_BASE = Path(__file__).parents[2] / "knowledge_base"
MANY = [
    article(f"a-{number}", f"sign {number} of E{number * 37} about {'abcdefgh'[number % 8]}", "disk_full")
    for number in range(12)
]


def test_only_an_edited_article_is_embedded_anew(tmp_path):
    Index(TWO, CountingEncoder(), tmp_path)
    edited = article("disk", "inodes are used up", "disk_full")
    second = CountingEncoder()
    index = Index([edited, TWO[1]], second, tmp_path)
    assert second.texts == len({*pieces_of(edited)})
    assert found_by(index, "inodes are used up") == "disk"
    assert found_by(index, "no space left on device") != "disk"


def test_an_article_that_was_taken_away_is_not_found(tmp_path):
    Index([*TWO, ADD], CountingEncoder(), tmp_path)
    assert found_by(Index(TWO, CountingEncoder(), tmp_path), "a new sign") != "another"


def test_another_encoder_has_other_vectors(tmp_path):
    Index(TWO, CountingEncoder(), tmp_path)
    upgraded = CountingEncoder("upgraded")
    Index(TWO, upgraded, tmp_path)
    assert upgraded.texts > 0


def score_of_all(index: Index) -> dict[str, dict[str, float]]:
    encoder = HashingEncoder()
    texts = [MANY[3].signs[0], "E111 about c", "sign of nothing"]
    return {
        text: {
            one.id: one.score
            for one in retrieve(index, Query(text, text, encoder.embed([text])[0], {"disk_full": 0.9}, None))
        }
        for text in texts
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sets(st.integers(0, len(MANY) - 1), min_size=1), min_size=1, max_size=6))
def test_however_it_came_to_hold_its_articles_it_finds_the_same_ones(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("kept")
    for step in steps:
        index = Index([MANY[number] for number in sorted(step)], HashingEncoder(), folder)
    fresh = Index([MANY[number] for number in sorted(steps[-1])], HashingEncoder(), None)
    assert {one.id for one in index.articles} == {one.id for one in fresh.articles}
    # What was edited since still counts for how rare a term is, so scores may differ a little; an article never does.
    for text, scores in score_of_all(fresh).items():
        best, again = max(scores, key=scores.get, default=None), score_of_all(index)[text]
        assert best is None or again.get(best, 0) > scores[best] - 0.15


def test_what_is_added_later_counts_for_how_rare_its_terms_are(tmp_path):
    Index(MANY[:8], HashingEncoder(), tmp_path)
    grown, fresh = Index(MANY, HashingEncoder(), tmp_path), Index(MANY, HashingEncoder(), None)
    for term in ("sign", "about", "e111", "e407"):
        assert grown.rarity(term) == fresh.rarity(term) > 0


def test_an_article_that_came_last_and_is_gone_has_no_place(tmp_path):
    Index(MANY, HashingEncoder(), tmp_path)
    shorter = Index(MANY[:-1], HashingEncoder(), tmp_path)
    assert shorter.posting("sign").places.tolist() == [*range(len(MANY) - 1)]
    assert shorter.posting("e407").places.tolist() == []


def test_after_many_edits_it_is_as_if_made_anew(tmp_path):
    for number in range(module.ADDITIONS + 1):
        index = Index([*MANY, article("edited", f"version {number} of it", "disk_full")], HashingEncoder(), tmp_path)
    fresh = Index([*MANY, article("edited", f"version {module.ADDITIONS} of it", "disk_full")], HashingEncoder(), None)
    for text, scores in score_of_all(fresh).items():
        assert score_of_all(index)[text] == pytest.approx(scores, abs=1e-3)


def test_what_was_shipped_is_not_computed_again(tmp_path):
    shipped = tmp_path / "vectors.bin"
    pieces = [piece for one in TWO for piece in pieces_of(one)]
    write(shipped, pieces, CountingEncoder())
    second = CountingEncoder()
    Index(TWO, second, tmp_path / "cache", shipped=shipped)
    assert second.texts == 0
    Index([*TWO, ADD], second, tmp_path / "cache", shipped=shipped)
    assert second.texts == len({*pieces_of(ADD)})
    third = CountingEncoder()
    Index([*TWO, ADD], third, tmp_path / "cache", shipped=shipped)
    assert third.texts == 0


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * 32, b"\0" * 5000])
def test_a_file_of_vectors_that_is_none_is_refused_by_name(tmp_path, content):
    (tmp_path / "vectors.bin").write_bytes(content)
    with pytest.raises(ModelError, match=r"vectors\.bin is damaged"):
        Index(TWO, CountingEncoder(), None, shipped=tmp_path / "vectors.bin")


def test_a_file_of_vectors_of_another_width_is_of_another_model_and_no_use(tmp_path):
    (tmp_path / "vectors.bin").write_bytes(hashlib.sha256(b"odd").digest() + b"odd")
    encoder = CountingEncoder()
    Index(TWO, encoder, None, shipped=tmp_path / "vectors.bin")
    assert encoder.texts > 0


def test_a_file_of_vectors_of_which_any_bit_flipped_is_refused(tmp_path):
    shipped = tmp_path / "vectors.bin"
    pieces = [piece for one in TWO for piece in pieces_of(one)]
    write(shipped, pieces, CountingEncoder())
    whole = shipped.read_bytes()
    for at in range(0, len(whole), 7):
        shipped.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        with pytest.raises(ModelError, match="damaged"):
            vectors_of(pieces, CountingEncoder(), shipped)


def test_the_shipped_vectors_are_those_of_the_shipped_articles():
    """After an edit of an article: `aiops-agent kb index --out knowledge_base/vectors.bin`."""
    encoder = load_encoder(MODELS)
    pieces = [piece for one in load_articles([KNOWLEDGE_BASE]).articles for piece in pieces_of(one)]
    counting = CountingEncoder(encoder.identity)
    shipped = vectors_of(pieces, counting, KNOWLEDGE_BASE / SHIPPED)
    assert counting.texts == 0
    some = range(0, len(pieces), 97)
    computed = encoder.embed([pieces[row] for row in some])
    # What is computed together decides how int8 is scaled: a vector is never quite the same twice.
    assert (computed * shipped[list(some)]).sum(axis=1).min() > 0.95


def test_no_articles_means_no_citation():
    assert retrieve(Index([], CountingEncoder(), None), asked("no space left on device")) == ()
