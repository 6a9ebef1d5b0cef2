"""An index that lies on disk from one process to the next."""

import hashlib
import os
from pathlib import Path

import pytest

from aiops_agent.diagnosis.index import Index
from tests.diagnosis.articles import ADD, TWO, CountingEncoder, found_by


def kept(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_what_is_kept_is_not_computed_again(tmp_path):
    Index(TWO, CountingEncoder(), tmp_path)
    second = CountingEncoder()
    assert Index(TWO, second, tmp_path).refused is None
    assert second.texts == 0


def test_one_file_is_kept_and_nothing_half_made(tmp_path):
    Index(TWO, CountingEncoder(), tmp_path)
    Index([*TWO, ADD], CountingEncoder(), tmp_path)
    (file,) = kept(tmp_path)
    assert file.suffix == ".db"


@pytest.mark.parametrize("where", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_of_which_a_bit_flipped_is_named_and_made_anew(tmp_path, where):
    Index(TWO, CountingEncoder(), tmp_path)
    (file,) = kept(tmp_path)
    content = bytearray(file.read_bytes())
    content[int(where * len(content))] ^= 0x10
    file.write_bytes(content)
    encoder = CountingEncoder()
    index = Index(TWO, encoder, tmp_path)
    assert index.refused == str(file)
    assert encoder.texts > 0
    assert found_by(index, "no space left on device") == "disk"
    assert Index(TWO, CountingEncoder(), tmp_path).refused is None


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 10_000])
def test_a_file_that_was_cut_is_named_and_made_anew(tmp_path, size):
    Index(TWO, CountingEncoder(), tmp_path)
    (file,) = kept(tmp_path)
    os.truncate(file, size)
    assert Index(TWO, CountingEncoder(), tmp_path).refused == str(file)


def test_a_file_that_names_its_digest_but_is_no_index_is_made_anew(tmp_path):
    for content in (b"", b"SQLite format 3\0" + bytes(4096), b"no database at all"):
        (tmp_path / f"articles-{hashlib.sha256(content).hexdigest()[:32]}.db").write_bytes(content)
        assert found_by(Index(TWO, CountingEncoder(), tmp_path), "no space left on device") == "disk"


def test_where_nothing_can_be_kept_it_is_made_in_memory(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    index = Index(TWO, CountingEncoder(), tmp_path / "file" / "folder")
    assert found_by(index, "no space left on device") == "disk"


def test_what_a_killed_process_left_half_made_is_not_read_and_goes_when_it_is_old(tmp_path):
    old, new = tmp_path / "articles-1.partial", tmp_path / "articles-2.partial"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert Index(TWO, CountingEncoder(), tmp_path).refused is None
    assert new.exists()
    assert not old.exists()


def test_an_index_that_is_open_outlives_its_replacement(tmp_path):
    old = Index(TWO, CountingEncoder(), tmp_path)
    Index([*TWO, ADD], CountingEncoder(), tmp_path)
    assert found_by(old, "no space left on device") == "disk"
