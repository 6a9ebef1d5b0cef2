import json

import pytest
from tokenizers import Tokenizer

from aiops_agent.training import vocabulary
from tests.training.pieces import LETTERS, PIECES, tokenizer

WORDS = ["disk", "full", "rare", "timeout", "磁"]
TEXTS = ["disk full", "disk timeout", "full disk", "磁盘空间不足", "磁盘"]


@pytest.fixture
def source(tmp_path):
    tokenizer(*WORDS).save(str(tmp_path / "source.json"))
    return tmp_path / "source.json"


@pytest.fixture
def reduced(source, tmp_path):
    kept = vocabulary.choose(Tokenizer.from_file(str(source)), TEXTS, pieces=len(PIECES), han=5)
    vocabulary.write(source, kept, tmp_path / "reduced.json")
    return kept, Tokenizer.from_file(str(tmp_path / "reduced.json"))


def test_a_frequent_word_stays_whole_and_a_rare_one_is_spelt(reduced):
    _, smaller = reduced
    assert smaller.encode("disk rare").tokens == ["[CLS]", "disk", "r", "##a", "##r", "##e", "[SEP]"]


def test_nothing_that_can_be_typed_is_unknown(reduced):
    _, smaller = reduced
    assert "[UNK]" not in smaller.encode("".join(LETTERS) + " x=~|`").tokens


def test_the_characters_of_our_texts_come_first_then_the_common_ones(reduced):
    kept, _ = reduced
    assert kept.pieces[-5:] == ("盘", "磁", "不", "空", "足")
    assert vocabulary._common()[:2] == ["啊", "阿"]
    assert len(set(vocabulary._common())) == 3755


def test_each_piece_knows_its_number_at_the_teacher_or_that_it_had_none(reduced):
    kept, _ = reduced
    old = dict(zip(kept.pieces, kept.old, strict=True))
    assert old["disk"] == len(PIECES)
    assert old["磁"] == len(PIECES) + 4
    assert old["盘"] is None


def test_the_marks_around_a_text_have_their_new_numbers(reduced):
    kept, smaller = reduced
    first, *_, last = smaller.encode("disk").ids
    assert (kept.pieces[first], kept.pieces[last]) == ("[CLS]", "[SEP]")
    assert smaller.token_to_id("[PAD]") == 0


def test_a_written_tokenizer_has_no_padding_of_its_own(reduced, tmp_path):
    form = json.loads((tmp_path / "reduced.json").read_text())
    assert form["padding"] is form["truncation"] is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("java.nio.file.NoSuchFileException: /etc/app.yaml", "java nio file no such file exception etc app yaml"),
        ("HTTPServer refused ENOSPC", "http server refused enospc"),
        ("[2026-11-22T10:00:00.123Z] disk full", "disk full"),
        ("2026-11-22 10:00 disk full at 10:00:00", "disk full at"),
        ("connect to 10.0.4.17:5432 refused", "connect to ip 5432 refused"),
        ("job 0d46b2e8-a69c-f471-6608-a6b48d47786d, row 1234567", "job row"),
        ("ORA-00600, SQLSTATE 42P01, errno 28, HTTP 503", "ora 00600 sqlstate 42 p01 errno 28 http 503"),
        ("segfault at 0xffff888100 in a decade, 97% used", "segfault at in a decade 97% used"),
        ("user_id is null", "user id is null"),
    ],
)
def test_what_says_nothing_is_not_read_and_names_are_read_in_words(written, read):
    assert " ".join(vocabulary.in_words().normalize_str(written).split()) == read


def test_a_written_tokenizer_reads_in_words(reduced):
    _, smaller = reduced
    assert smaller.encode("[disk]diskDisk: disk!").tokens[1:-1] == ["disk"] * 4
