"""The file of remembered masks: a help that is never trusted further than what is worked out anew."""

import json

import pytest

from aiops_agent import learnt
from aiops_agent.assembly.memory import Memory
from aiops_agent.digest import blake2b


@pytest.fixture
def place(tmp_path):
    memory = Memory()
    memory.mask("task 12 failed")
    learnt.save(tmp_path, memory)
    return tmp_path


def put(place, document):
    """Put another document in the place of the remembered one, as if the agent had written it."""
    digest = blake2b(document, digest_size=16).hexdigest().encode()
    (place / learnt.NAME).write_bytes(digest + b"\n" + document)


def remembers(place):
    memory = learnt.load(place)
    return memory.mask("task 7 failed") == "task <number> failed" and not memory.has_learnt


def test_what_was_learnt_is_there_in_the_next_tick(place):
    assert remembers(place)
    assert (place / learnt.NAME).stat().st_mode & 0o777 == 0o600


def test_where_nothing_was_learnt_nothing_is_written(place):
    before = (place / learnt.NAME).stat()
    learnt.save(place, learnt.load(place))
    assert (place / learnt.NAME).stat().st_ino == before.st_ino


def test_without_a_file_nothing_is_remembered(tmp_path):
    assert learnt.load(tmp_path).forms() == {}


@pytest.mark.parametrize("code", [["another Python"], [], None])
def test_what_other_code_masked_is_forgotten(place, code):
    _, forms = json.loads((place / learnt.NAME).read_bytes().partition(b"\n")[2])
    put(place, json.dumps([code, forms]).encode())
    assert not remembers(place)


def test_a_file_that_is_damaged_anywhere_is_forgotten(place):
    whole = (place / learnt.NAME).read_bytes()
    for at in range(len(whole)):
        (place / learnt.NAME).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert learnt.load(place).forms() == {}
        (place / learnt.NAME).write_bytes(whole[:at])
        assert learnt.load(place).forms() == {}


def test_a_file_that_somebody_else_can_write_is_not_believed(place):
    (place / learnt.NAME).chmod(0o602)
    assert not remembers(place)


def test_a_link_is_not_followed(place):
    (place / learnt.NAME).rename(place / "elsewhere")
    (place / learnt.NAME).symlink_to("elsewhere")
    assert not remembers(place)


def test_where_it_cannot_be_written_nothing_fails(tmp_path):
    memory = Memory()
    memory.mask("task 12 failed")
    learnt.save(tmp_path / "gone", memory)
    assert learnt.load(tmp_path / "gone").forms() == {}
