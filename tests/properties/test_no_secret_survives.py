"""Secrets planted in records, at every split of their bytes: none is in what is kept, however it is looked for."""

import itertools
import json
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import LONGEST_RECORD, Assembly
from aiops_agent.model.incident import Incident
from tests.assembly.planted import BARE, CARRIERS, FIXED, KEYED, drawn, encodings
from tests.journeys.host import Host

HEAD = "2026-11-23 03:00:00,123 ERROR [main] shop.Orders - "
FOLLOWER = "2026-11-23 03:00:01,123 INFO  [main] shop.Orders - order charged\n"

planted = st.one_of(
    st.tuples(st.sampled_from(sorted(FIXED)), st.sampled_from(sorted({**CARRIERS, **BARE})), st.integers(0, 2**32)),
    st.tuples(st.sampled_from(["password", "db_password", "auth_token", "client_secret", "AWS_SECRET_ACCESS_KEY"]),
              st.sampled_from(sorted(CARRIERS)), st.integers(0, 2**32)),
)  # fmt: skip


def record(name, carrier, seed):
    secret = drawn({**FIXED, **KEYED}[name], Random(seed))
    form = CARRIERS[carrier] if name in KEYED else {**CARRIERS, **BARE}[carrier]
    return secret, HEAD + form.format(k=name if name in KEYED else "thing", s=secret) + "\n"


def kept(*chunks):
    assembler = Assembly().stretch(0, 0, 0)
    for chunk in chunks:
        assembler.feed(chunk)
    assembler.finish(final=True)
    return "\n".join(f"{s.text}\n{s.headline}\n{s.grouped_by}" for s in assembler.take().sightings)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(planted)
def test_no_secret_survives_any_split_into_two_chunks(plant):
    secret, text = record(*plant)
    content = (text + FOLLOWER).encode()
    whole = kept(content)
    assert "[redacted:" in whole
    for cut in range(1, len(content)):
        found = kept(content[:cut], content[cut:])
        assert found == whole
    assert not [form for form in encodings(secret) if form in whole]


@settings(max_examples=25, deadline=None)
@given(st.lists(planted, min_size=1, max_size=6), st.lists(st.integers(0, 4000), max_size=12))
def test_no_secret_survives_any_split_into_many(plants, cuts):
    pairs = [record(*plant) for plant in plants]
    content = (FOLLOWER.join(text for _, text in pairs) + FOLLOWER).encode()
    places = sorted({0, len(content), *(cut % len(content) for cut in cuts)})
    found = kept(*(content[a:b] for a, b in itertools.pairwise(places)))
    assert not [form for secret, _ in pairs for form in encodings(secret) if form in found]


@pytest.mark.slow
@pytest.mark.parametrize("left", [1, 8, 15])
def test_no_token_that_is_cut_where_a_record_ends_leaves_its_beginning(left):
    random = Random(left)
    for form in FIXED.values():
        opening, secret = form.partition("{")[0], drawn(form, random)
        room = LONGEST_RECORD - len(HEAD) - len(opening) - left - 1
        found = kept((HEAD + ("lorem " * LONGEST_RECORD)[:room] + " " + secret + " was refused\n" + FOLLOWER).encode())
        assert found.count("lorem") > LONGEST_RECORD // 8
        assert not found.split("\n")[0].rstrip().endswith(secret[: len(opening) + left])


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.lists(planted, min_size=1, max_size=8))
def test_no_secret_survives_the_journey(plants):
    pairs = [record(*plant) for plant in plants]
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Path(folder))
        for _, text in pairs:
            host.writes(text.rstrip("\n"))
        host.tick()
        told = "".join(str(message) for message in host.phone.messages)
        listed = "".join(said(incident) for incident in host.incidents())
        stored = [file.read_bytes() for file in host.state_dir.rglob("*") if file.is_file()]
    assert listed
    for form in (form for secret, _ in pairs for form in encodings(secret)):
        assert form not in told + listed
        assert not any(form.encode() in content for content in stored)


def said(incident: Incident) -> str:
    return json.dumps(incident.as_json()) + incident.text + incident.grouped_by
