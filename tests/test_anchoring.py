"""Where the audit log stands is told outside of it, whenever it has grown."""

import socket
from datetime import UTC, datetime

import pytest

from aiops_agent.agent import entry
from aiops_agent.audit.anchors import of_log, read_anchors
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.verify import verify
from aiops_agent.config import load as configuration
from aiops_agent.errors import ConfigError
from aiops_agent.state.state import State
from aiops_agent.wiring.build import World, build
from tests.build import cipher

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Stopped:
    """A clock at noon."""

    def now(self) -> datetime:
        return NOON

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


class Place:
    """A configuration, and what is told beside the log."""

    def __init__(self, folder, listening) -> None:
        self.folder = folder
        self.state_dir = folder / "state"
        self.state_dir.mkdir(mode=0o700)
        self.file = folder / "anchors"
        self.listening = listening
        self.complaints: list[str | None] = []
        self.world = World(Stopped(), "web01", self.complaints.append, str(folder / "journal"))

    def load(self, anchors: str = "{}"):
        path = self.folder / "config.yaml"
        path.write_text(f"state_dir: {self.state_dir}\naudit: {{anchors: {anchors}}}\n")
        return configuration.load(path, None)

    def record(self, *names: str, anchors: str = "{}") -> None:
        with (
            State.open(self.state_dir, cipher(self.state_dir)) as state,
            build(self.load(anchors), state, self.world) as agent,
        ):
            agent.journal.anchor()
            for name in names:
                agent.journal.append(entry(NOON, name, "all"))

    def heard(self) -> list[str]:
        said = []
        while True:
            try:
                said.append(self.listening.recv(4096).decode())
            except BlockingIOError:
                return said


@pytest.fixture
def place(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "journal"))
        listening.setblocking(False)
        yield Place(tmp_path, listening)


def test_the_journal_hears_once_of_all_that_was_recorded(place):
    place.record("halt", "resume")
    [said] = place.heard()
    keys = FileKeys(place.state_dir / "keys")
    (place.folder / "said").write_text(said)
    anchors = of_log(read_anchors(str(place.folder / "said")), keys.log_id.hex())
    report = verify(place.state_dir / "audit", keys, anchors)
    assert (report.intact, report.uncovered) == (True, 0)
    assert f"AIOPS_AUDIT_RECORDS={report.records}\nAIOPS_AUDIT_HEAD={report.head}\n" in said
    assert f"AIOPS_AUDIT_LOG={keys.log_id.hex()}\n" in said
    assert not place.file.exists()


def test_who_records_nothing_tells_nothing(place):
    place.record(anchors=f'{{file: "{place.file}"}}')
    place.record("halt", anchors=f'{{file: "{place.file}"}}')
    assert len(place.heard()) == 1
    place.record(anchors=f'{{file: "{place.file}"}}')
    assert place.heard() == []
    assert len(place.file.read_text().splitlines()) == 1


def test_the_file_has_the_whole_head_of_every_time(place):
    for _ in range(3):
        place.record("halt", anchors=f'{{file: "{place.file}"}}')
    report = verify(place.state_dir / "audit", FileKeys(place.state_dir / "keys"))
    lines = place.file.read_text().splitlines()
    assert len(lines) == 3
    assert lines[-1].startswith(f"2026-11-26T12:00:00Z audit {report.records}·{report.head} log ")
    assert place.complaints == [None] * 3


def test_a_journal_that_is_not_to_be_told_is_not(place):
    place.record("halt", anchors="{journal: false}")
    assert place.heard() == []


def test_a_file_that_cannot_be_written_stops_nothing_and_is_complained_of(place):
    missing = place.folder / "missing" / "anchors"
    place.record("halt", anchors=f'{{file: "{missing}"}}')
    [complaint] = place.complaints
    assert f"cannot be kept in {missing}: No such file or directory" in complaint
    assert len(place.heard()) == 1, "the journal is told all the same"


@pytest.mark.parametrize("below", ["anchors", "audit/anchors", "../state/anchors"])
def test_a_file_that_would_be_restored_with_the_log_is_refused(place, below):
    with pytest.raises(ConfigError, match=r"config\.yaml:2: audit\.anchors\.file: lies in state_dir"):
        place.load(f'{{file: "{place.state_dir}/{below}"}}')


def test_a_wrong_key_of_the_anchors_is_named_with_those_there_are(place):
    with pytest.raises(ConfigError, match="known: journal, file"):
        place.load("{journald: true}")
