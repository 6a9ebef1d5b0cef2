"""Small articles, and an encoder that knows no meaning: what is found then is found by words."""

import hashlib
from pathlib import Path

import numpy as np

from aiops_agent.diagnosis.articles import Article
from aiops_agent.diagnosis.index import Index
from aiops_agent.diagnosis.retrieve import Query, retrieve


class CountingEncoder:
    """Counts the texts it was given; each has the same vector."""

    def __init__(self, identity: str = "counting") -> None:
        self.identity = identity
        self.width = 384
        self.texts = 0

    def embed(self, texts):
        self.texts += len(texts)
        vectors = np.ones((len(texts), 384), dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class HashingEncoder(CountingEncoder):
    """Gives each text a vector of its own, the same each time."""

    def embed(self, texts):
        self.texts += len(texts)
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
        vectors = np.array([np.random.default_rng(seed).standard_normal(384) for seed in seeds], dtype=np.float32)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).reshape(-1, 384)


def article(identifier: str, sign: str, category: str, services: tuple[str, ...] = ("*",)) -> Article:
    return Article(
        id=identifier,
        title=f"About {sign}",
        title_zh="",
        categories=(category,),
        services=services,
        signs=(sign,),
        playbook=None,
        is_general=False,
        body=sign,
        body_line=1,
        path=Path("a.md"),
        digest="0",
    )


TWO = [
    article("disk", "no space left on device", "disk_full"),
    article("redis", "MISCONF Redis is configured to save snapshots", "disk_full", ("redis*.service",)),
]
ADD = article("another", "a new sign", "disk_full")


def asked(text: str, service: str | None = None, **probabilities: float) -> Query:
    return Query(text, text, np.zeros(384, dtype=np.float32), probabilities, service)


def found_by(index: Index, text: str) -> str | None:
    """Return the article that comes first by words alone."""
    return next((citation.id for citation in retrieve(index, asked(text, disk_full=1.0))), None)
