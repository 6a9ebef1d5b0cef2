"""How much is found, how much is taken that was none, at what cost; on secrets and lines made up at test time."""

from itertools import islice
from random import Random

import pytest

from aiops_agent.assembly import redact as room
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.redact import redact
from tests.assembly.clean import lines
from tests.assembly.planted import BARE, CARRIERS, FIXED, KEYED, drawn

SEED = 20261123


def survives(secret, text):
    """Tell whether the secret, or either half of it, is still to be read."""
    half = max(6, len(secret) // 2)
    return any(part in text for part in (secret, secret[:half], secret[-half:]))


def recall(forms, carriers, *, key=None, times=1):
    random, found, tried, missed = Random(SEED), 0, 0, set()
    for name, form in forms.items():
        for carrier, text in carriers.items():
            for spelling in (key,) if key else (name, name.upper()):
                for secret in (drawn(form, random) for _ in range(times)):
                    tried += 1
                    if survives(secret, redact(text.format(k=spelling, s=secret))):
                        missed.add((name, carrier))
                    else:
                        found += 1
    return found / tried, tried, missed


@pytest.mark.slow
def test_of_tokens_with_a_form_of_their_own_ninety_nine_in_a_hundred_are_found_without_a_telling_key():
    found, tried, missed = recall(FIXED, {**CARRIERS, **BARE}, key="thing", times=2)
    print(f"fixed forms: {found:.4f} of {tried}")
    assert found >= 0.99, missed
    assert tried > 8_000


@pytest.mark.slow
def test_of_all_secrets_that_a_key_gives_away_ninety_seven_in_a_hundred_are_found():
    found, tried, missed = recall(KEYED, CARRIERS)
    print(f"behind keys: {found:.4f} of {tried}")
    assert found >= 0.97, missed
    assert tried > 3_000


@pytest.mark.slow
def test_of_clean_lines_at_most_one_in_two_hundred_is_touched():
    clean = list(lines(24_000, Random(SEED)))
    touched = [line for line in clean if redact(line) != line]
    print(f"touched: {len(touched) / len(clean):.5f} of {len(clean)}")
    assert len(touched) / len(clean) <= 0.005, touched[:5]


def test_a_clean_line_is_looked_at_by_few_rules():
    clean = [line.encode() for line in islice(lines(4_700, Random(SEED)), 4_700)]
    tried = sum(len(room._worth_trying(line)) for line in clean)
    assert tried / len(clean) < 4


def test_patterns_are_compiled_when_a_word_of_theirs_is_met():
    room._compiled.cache_clear()
    redact("2026-11-23 03:00:00 ERROR [main] shop.Orders - order failed")
    assert room._compiled.cache_info().currsize < 8
    assert len(room._RULES) > 150


@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in FIXED.items()])
def test_records_that_differ_in_the_token_only_are_one_fault(form):
    random = Random(SEED)
    texts = [f"2026-11-23 03:00:00 ERROR shop: token {drawn(form, random)} was refused" for _ in range(4)]
    assert len({fingerprint(text) for text in texts}) == 1


@pytest.mark.parametrize("name", [name for name in KEYED if name not in ("jwt", "pwd")])
def test_records_that_differ_in_the_value_of_a_key_only_are_one_fault(name):
    random = Random(SEED)
    texts = [f'2026-11-23 03:00:00 ERROR shop: "{name}": "{drawn(KEYED[name], random)}" refused' for _ in range(4)]
    assert len({fingerprint(text) for text in texts}) == 1
