import errno
import os
import struct
from random import Random

import pytest

from aiops_agent.training import mine
from aiops_agent.training.mine import Saying


def catalogue(**messages):
    """Return the bytes of a gettext catalogue: its format, GNU gettext manual, "The Format of GNU MO Files"."""
    entries = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **messages}.items())
    keys, values = ([text.encode() for text in column] for column in zip(*entries, strict=True))
    start = 28 + 16 * len(entries)
    tables, blob = [], b""
    for texts in (keys, values):
        for text in texts:
            tables.append(struct.pack("<II", len(text), start + len(blob)))
            blob += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(entries), 28, 28 + 8 * len(entries), 0, 0)
    return head + b"".join(tables) + blob


@pytest.fixture(scope="module")
def mined():
    return mine.mine(seed=11)


@pytest.mark.slow
def test_every_errno_is_mined_in_the_ways_programs_print_it(mined):
    texts = {saying.text for saying in mined.sayings}
    words = os.strerror(errno.ECONNREFUSED)
    assert {f"ECONNREFUSED: {words}", f"{words} (os error {errno.ECONNREFUSED})"} <= texts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "category"),
    [(errno.ENOSPC, "disk_full"), (errno.ECONNREFUSED, "connection_refused"), (errno.EACCES, "permission_denied")],
)
def test_what_an_errno_states_by_itself_is_its_category(mined, code, category):
    assert {s.category for s in mined.sayings if s.text.endswith(f"(os error {code})")} == {category}


@pytest.mark.slow
def test_what_states_nothing_has_no_category(mined):
    [saying] = [s for s in mined.sayings if s.text == f"[Errno {errno.EXDEV}] {os.strerror(errno.EXDEV)}"]
    assert saying.category is None


@pytest.mark.slow
def test_the_standard_library_of_python_is_read_and_its_exceptions_named(mined):
    said = [s.text for s in mined.sayings if s.catalogue == "python"]
    assert len(said) > 500
    assert any(text.startswith("ValueError: ") for text in said)


@pytest.mark.slow
def test_no_text_is_mined_twice_and_the_same_seed_gives_the_same_order(mined):
    texts = [saying.text for saying in mined.sayings]
    assert len(texts) == len(set(texts))
    assert mined == mine.mine(seed=11)


def test_a_placeholder_has_the_same_value_in_both_languages():
    values = mine._Values(Random(1))
    english = values.put_into("file %s, line %d")
    assert english == f"file {values._values[1]}, line {values._values[2]}"
    chinese = values.put_into("第 %2$d 行，文件 %1$s")
    assert chinese == f"第 {values._values[2]} 行，文件 {values._values[1]}"


@pytest.mark.parametrize("text", ["50%% done", "%m", "%.*s of %-10lu", "%1$s"])
def test_no_placeholder_is_left(text):
    filled = mine._Values(Random(1)).put_into(text)
    assert "%" not in filled.replace("50% done", "")


def test_a_translation_is_taught_by_its_english_text(tmp_path):
    path = tmp_path / "zh_CN" / "LC_MESSAGES"
    path.mkdir(parents=True)
    (path / "acme.mo").write_bytes(catalogue(**{"cannot open file %s": "无法打开文件 %s", "yes": "是"}))
    english, chinese = mine.in_locales(tmp_path, Random(1))
    assert english == Saying(english.text, english.text, None, "acme")
    assert english.text.startswith("cannot open file ")
    assert chinese == Saying(chinese.text, english.text, None, "acme, Chinese")
    assert chinese.text.startswith("无法打开文件 ")


def test_catalogues_of_names_are_left_out(tmp_path):
    path = tmp_path / "zh_CN" / "LC_MESSAGES"
    path.mkdir(parents=True)
    (path / "iso_3166.mo").write_bytes(catalogue(**{"Sao Tome and Principe": "圣多美和普林西比"}))
    assert list(mine.in_locales(tmp_path, Random(1))) == []


def test_what_is_not_installed_is_said_in_words(tmp_path):
    found, missing = mine.gather(
        {"catalogues of a host without any": lambda random: mine.in_locales(tmp_path, random)}, 1
    )
    assert (found, missing) == ({}, ("catalogues of a host without any",))
