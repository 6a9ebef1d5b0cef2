"""The protocol: what is not exactly a request is refused, whatever it is."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.model.order import Order, Refused, Running, Unknown
from aiops_agent.model.playbook import Failed, NotNeeded, Succeeded
from aiops_agent.playbook import wire

ORDER = Order(id="a1", playbook="restart-shop", digest="d" * 64, service="shop.service", incident="inc-1")


def test_a_request_is_read_as_it_was_sent():
    words = wire.read_request(wire.order_request(ORDER))
    assert words == {"verb": "run", **{name: getattr(ORDER, name) for name in wire.REQUESTS["run"]}}


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "not one flat object"),
        (b"hello", "not one flat object"),
        (b"[]", "not one flat object"),
        (b'{"verb": "hello"', "not JSON"),
        (b'{"verb": "hello"} {"verb": "halt"}', "not one flat object"),
        (b'{"verb": "hello", "verb": "halt"}', "not JSON"),
        (b'{"verb": "status", "id": {"id": "a"}}', "not one flat object"),
        (b'{"verb": "status", "id": ["a"]}', "not one flat object"),
        (b'{"verb": "status", "id": 7}', "id is no word"),
        (b'{"verb": "status", "id": NaN}', "not JSON"),
        (b'{"verb": "status", "id": ""}', "id is empty"),
        (b'{"verb": "status"}', "status comes with id"),
        (b'{"verb": "status", "id": "a", "more": "b"}', "status comes with id"),
        (b'{"verb": "shell", "id": "a"}', "no verb"),
        (b'{"verb": 1}', "no verb"),
        (b'{"verb": "status", "id": "a; rm -rf /"}', "id is no word"),
        (b'{"verb": "status", "id": "../../etc/shadow"}', "id is no word"),
        (b'{"verb": "status", "id": "a\\nb"}', "id is no word"),
        (b'{"verb": "status", "id": "\\u0430"}', "id is no word"),
        (b'{"verb": "hello\xff"}', "not JSON"),
        (b'{"verb": "status", "id": "' + b"a" * 256 + b'"}', "id is no word"),
        (b'{"verb": "status", "id": "' + b"a" * wire.LONGEST + b'"}', "longer than"),
        (b"{" + b"[" * 60_000, "not one flat object"),
        (b'{"a":' * 10_000, "not one flat object"),
        (b'{"verb": ' + b"9" * 60_000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_request_is_refused(message, why):
    with pytest.raises(wire.MalformedError, match=why):
        wire.read_request(message)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_bytes_are_refused_and_never_more(message):
    try:
        words = wire.read_request(message)
    except wire.MalformedError:
        return
    assert words["verb"] in wire.REQUESTS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["verb", "id", "playbook", "digest", "service", "incident", "x"]),
        st.sampled_from([*wire.REQUESTS, "a", ""]) | JSON,
    )
)
def test_json_is_a_request_of_exactly_the_known_words_or_is_refused(message):
    try:
        words = wire.read_request(json.dumps(message).encode())
    except wire.MalformedError:
        return
    assert set(words) == {"verb", *wire.REQUESTS[words["verb"]]}
    assert all(set(value) <= wire._LETTERS for value in words.values())


@pytest.mark.parametrize(
    "progress",
    [
        Succeeded("restarted"),
        NotNeeded("unit_state", "it is active"),
        Failed("unit", "it did not start", undone=False, left_behind=("look", "again")),
        Failed("unit", "it did not start", undone=True, left_behind=()),
        Refused("halted", "all acting is halted"),
        Running(),
        Unknown(),
    ],
)
def test_where_an_order_stands_is_heard_as_it_was_told(progress):
    assert wire.heard(wire.read_answer(wire.answer(**wire.told(progress)))) == progress


@pytest.mark.parametrize("letter", ["a", "\x01", "\u2028", "\U0001f600", "\udcff"])
def test_what_is_told_fits_a_message_however_long_it_was(letter):
    long = Failed("unit", letter * 100_000, undone=False, left_behind=(letter * 100_000,) * 100)
    message = wire.answer(**wire.told(long))
    assert len(message) <= wire.LONGEST
    heard = wire.heard(wire.read_answer(message))
    assert isinstance(heard, Failed)
    assert heard.left_behind[-1] == "and 94 more"
