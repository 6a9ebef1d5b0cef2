"""What an auditor's public key on the host changes: the first MAC key of each session is then nowhere on it."""

import os
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from aiops_agent.audit.auditor import unwrap_sealed
from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.record import MacKey, chain_head, chain_link, parse_opening
from aiops_agent.audit.show import show
from tests.audit.logs import Log, entry, kind, records
from tests.audit.test_crash import crash


class AuditedLog(Log):
    """One whose host has the public key of an auditor."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.private = X25519PrivateKey.generate()

    @property
    def keys(self) -> FileKeys:
        return FileKeys(self.key_folder, self.private.public_key().public_bytes_raw())


@pytest.fixture
def log(tmp_path) -> AuditedLog:
    return AuditedLog(tmp_path)


def parts(log: Log, segment: int = 1) -> list[bytes]:
    return records(log.segment(segment).read_bytes())


def test_the_second_record_of_each_session_is_for_the_auditor(log):
    log.write(entry(1), entry(2))
    log.write(entry(3))
    assert [part[5] for part in parts(log)] == [1, 8, 3, 3, 5, 1, 8, 3, 5]
    assert (kind(log.verify()), kind(log.verify_publicly())) == ("intact", "intact")
    assert [each.subject for each in show(log.audit, log.keys)] == [entry(n).subject for n in (1, 2, 3)]


def test_the_auditor_opens_the_keys_of_the_session_and_proves_every_mac(log):
    log.write(entry(1), entry(2))
    opening, sealed, *others = parts(log)
    context = b"AIA1 sealed" + log.keys.log_id + opening[:34]
    session = unwrap_sealed(log.private.private_bytes_raw(), sealed[34:-32], context)
    assert session
    mac_key, chain = MacKey(session[32:]), bytes(32)
    for part in (opening, sealed, *others):
        head = chain_head(chain, part[:34], part[34:-32])
        assert mac_key.tag(head) == part[-32:]
        chain = chain_link(head, part[-32:])


def test_the_host_cannot_open_the_first_mac_key_again(log):
    log.write(entry(1))
    opening = parts(log)[0]
    fields = parse_opening(opening[34:-32])
    kept = log.keys.unwrap(fields.key_id, fields.wrapped, b"AIA1 session" + log.keys.log_id + opening[:34])
    assert kept
    assert kept[32:] == bytes(32)
    assert kept[:32] != bytes(32)


def test_the_first_mac_key_lies_nowhere_on_the_host(log):
    """M24, behind the last signature: without it no MAC of the past can be made anew, and the auditor sees that."""
    log.write(entry(1))
    opening, sealed, *_ = parts(log)
    context = b"AIA1 sealed" + log.keys.log_id + opening[:34]
    session = unwrap_sealed(log.private.private_bytes_raw(), sealed[34:-32], context)
    assert session
    on_the_host = [path.read_bytes() for path in log.audit.parent.rglob("*") if path.is_file()]
    assert not any(session[32:] in content for content in on_the_host)


@pytest.mark.parametrize(("change", "found"), [("drop", "out_of_order"), ("move", "out_of_order"), ("flip", None)])
def test_a_sealed_record_is_where_and_what_it_was(log, change, found):
    log.write(entry(1), entry(2))
    cut = parts(log)
    if change == "drop":
        cut.pop(1)
    elif change == "move":
        cut.insert(2, cut.pop(1))
    else:
        cut[1] = cut[1][:60] + bytes([cut[1][60] ^ 1]) + cut[1][61:]
    log.segment(1).write_bytes(b"".join(cut))
    assert kind(log.verify()) == (found or "bad_signature")
    assert not log.verify_publicly().intact


def test_a_crash_of_an_audited_session_is_explained(log):
    pid = os.fork()
    if pid == 0:
        Journal(log.audit, log.keys).append(entry(1))
        os._exit(0)
    os.waitpid(pid, 0)
    assert kind(log.verify()) == "unclosed"
    log.write(entry(2))
    assert (kind(log.verify()), log.verify().tears) == ("intact", 1)


def test_the_key_of_an_auditor_can_come_later_and_go_again(log):
    plain = Log(log.audit.parent)
    plain.write(entry(1))
    log.write(entry(2))
    plain.write(entry(3))
    assert [part[5] for part in parts(log)] == [1, 3, 5, 1, 8, 3, 5, 1, 3, 5]
    assert kind(plain.verify()) == "intact"
    assert kind(log.verify()) == "intact"


def test_a_crash_between_the_opening_and_what_is_sealed_is_explained(log):
    log.write(entry(1))
    closed = log.segment(1).stat().st_size
    crash(log, 2)
    os.truncate(log.segment(1), closed + len(parts(log)[-3]) + 40)
    log.write(entry(3))
    assert (kind(log.verify()), kind(log.verify_publicly())) == ("intact", "intact")


class FickleKeys(FileKeys):
    """Keys of a writer that changes its mind in the middle of an opening about whether there is an auditor."""

    answers: ClassVar[list[bool]] = []

    @property
    def auditor(self) -> bytes | None:
        return super().auditor if not self.answers or self.answers.pop(0) else None


@pytest.mark.parametrize("answers", [[True, False], [False, True]])
def test_a_session_that_keeps_its_keys_here_and_seals_them_or_neither_is_refused(log, monkeypatch, answers):
    log.write(entry(1))
    monkeypatch.setattr(FickleKeys, "answers", list(answers))
    keys = FickleKeys(log.key_folder, log.private.public_key().public_bytes_raw())
    journal = Journal(log.audit, keys)
    journal.append(entry(2))
    journal.close()
    assert kind(log.verify()) == "out_of_order"
