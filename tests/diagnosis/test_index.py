import hashlib
from pathlib import Path

import numpy as np
import pytest

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import Article, load_articles
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.index import Index, Query, pieces_of, tokens
from aiops_agent.diagnosis.vectors import SHIPPED, vectors_of, write

KNOWLEDGE_BASE = Path(__file__).parents[2] / "knowledge_base"


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(MODELS)


class CountingEncoder:
    """An encoder that remembers how many texts it was given."""

    identity = "counting"
    width = 384

    def __init__(self) -> None:
        self.texts = 0

    def embed(self, texts):
        self.texts += len(texts)
        vectors = np.ones((len(texts), 384), dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def article(identifier: str, sign: str, category: str, services: tuple[str, ...] = ("*",)) -> Article:
    return Article(identifier, f"About {sign}", "", (category,), services, (sign,), None, sign, Path("a.md"), "0")


TWO = [
    article("disk", "no space left on device", "disk_full"),
    article("redis", "MISCONF Redis is configured to save snapshots", "disk_full", ("redis*.service",)),
]


def query(encoder, text: str, service: str | None = None, **probabilities: float) -> Query:
    return Query(text, encoder.embed([text])[0], probabilities, service)


def ids(citations) -> list[str]:
    return [citation.id for citation in citations]


def test_the_article_with_the_words_of_the_record_comes_first(encoder):
    index = Index(TWO, encoder, None)
    assert ids(index.search(query(encoder, "write: no space left on device", disk_full=0.9)))[0] == "disk"
    assert ids(index.search(query(encoder, "MISCONF Redis is configured to save", disk_full=0.9)))[0] == "redis"


def test_an_article_about_other_services_is_not_cited(encoder):
    found = Index(TWO, encoder, None).search(query(encoder, "MISCONF Redis", service="nginx.service", disk_full=1.0))
    assert "redis" not in ids(found)


def test_what_fits_nothing_cites_nothing(encoder):
    index = Index(TWO, encoder, None)
    assert index.search(query(encoder, "the cat sat on the mat and looked at the moon", unknown=1.0)) == ()


def test_scores_fall_and_stay_between_0_and_1(encoder):
    scores = [
        one.score for one in Index(TWO, encoder, None).search(query(encoder, "no space left on device", disk_full=1.0))
    ]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_no_articles_means_no_citation(encoder):
    assert Index([], encoder, None).search(query(encoder, "no space left on device")) == ()


def test_vectors_are_kept_from_one_start_to_the_next(tmp_path):
    Index(TWO, CountingEncoder(), tmp_path)
    second = CountingEncoder()
    Index(TWO, second, tmp_path)
    assert second.texts == 0


def test_an_edited_article_is_embedded_anew(tmp_path):
    Index(TWO, CountingEncoder(), tmp_path)
    second = CountingEncoder()
    Index([article("disk", "inodes are used up", "disk_full"), TWO[1]], second, tmp_path)
    assert second.texts > 0


def test_a_cache_that_a_crash_cut_short_is_made_anew(tmp_path):
    Index(TWO, CountingEncoder(), tmp_path)
    (tmp_path / "articles.bin").write_bytes((tmp_path / "articles.bin").read_bytes()[:100])
    second = CountingEncoder()
    Index(TWO, second, tmp_path)
    assert second.texts > 0


def test_what_was_shipped_is_not_computed_again(tmp_path):
    shipped = tmp_path / "vectors.bin"
    pieces = [piece for one in TWO for piece in pieces_of(one)]
    write(shipped, pieces, CountingEncoder())
    second = CountingEncoder()
    Index(TWO, second, tmp_path / "cache", shipped=shipped)
    assert second.texts == 0
    Index([*TWO, article("another", "a new sign", "disk_full")], second, tmp_path / "cache", shipped=shipped)
    assert second.texts == len(set(pieces_of(article("another", "a new sign", "disk_full"))))
    Index(
        [*TWO, article("another", "a new sign", "disk_full")],
        third := CountingEncoder(),
        tmp_path / "cache",
        shipped=shipped,
    )
    assert third.texts == 0


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * 32, b"\0" * 5000, hashlib.sha256(b"odd").digest() + b"odd"])
def test_a_file_of_vectors_that_is_none_is_computed_anew(tmp_path, content):
    (tmp_path / "vectors.bin").write_bytes(content)
    encoder = CountingEncoder()
    Index(TWO, encoder, None, shipped=tmp_path / "vectors.bin")
    assert encoder.texts > 0


def test_a_file_that_a_disk_has_damaged_never_gives_other_vectors(tmp_path):
    shipped = tmp_path / "vectors.bin"
    pieces = [piece for one in TWO for piece in pieces_of(one)]
    write(shipped, pieces, CountingEncoder())
    whole, good = shipped.read_bytes(), vectors_of(pieces, CountingEncoder(), shipped=shipped, cache=None)
    for at in range(0, len(whole), 7):
        shipped.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        encoder = CountingEncoder()
        assert np.array_equal(vectors_of(pieces, encoder, shipped=shipped, cache=None), good)
        assert encoder.texts > 0, "it is noticed"


def test_the_shipped_vectors_are_those_of_the_shipped_articles(encoder):
    """After an edit of an article: `aiops-agent kb index --out knowledge_base/vectors.bin`."""
    pieces = [piece for one in load_articles([KNOWLEDGE_BASE]).articles for piece in pieces_of(one)]
    counting = CountingEncoder()
    counting.identity = encoder.identity
    shipped = vectors_of(pieces, counting, shipped=KNOWLEDGE_BASE / SHIPPED, cache=None)
    assert counting.texts == 0
    some = range(0, len(pieces), 97)
    computed = encoder.embed([pieces[row] for row in some])
    # What is computed together decides how int8 is scaled: a vector is never quite the same twice.
    assert (computed * shipped[list(some)]).sum(axis=1).min() > 0.95


def test_identifiers_are_found_whole_and_in_parts_and_chinese_in_pairs():
    assert list(tokens("java.net.ConnectException")) == ["java.net.connectexception", "java", "net", "connectexception"]
    assert list(tokens("磁盘已满")) == ["磁盘", "盘已", "已满"]


@pytest.mark.parametrize(
    ("text", "category", "expected"),
    [
        ("write /var/lib/x: no space left on device", "disk_full", "disk_full"),
        (
            "connect() failed (111: Connection refused) while connecting to upstream",
            "connection_refused",
            "connection_refused",
        ),
        ("accept4: too many open files", "fd_exhaustion", "fd_exhaustion"),
        ("bind() to 0.0.0.0:80 failed (98: Address already in use)", "port_in_use", "port_in_use"),
    ],
)
def test_the_shipped_articles_are_found_by_what_they_are_about(encoder, text, category, expected):
    shelf = load_articles([KNOWLEDGE_BASE])
    best = Index(shelf.articles, encoder, None, shipped=KNOWLEDGE_BASE / SHIPPED).search(
        query(encoder, text, **{category: 0.9})
    )[0]
    (found,) = [one for one in shelf.articles if one.id == best.id]
    assert expected in found.categories
