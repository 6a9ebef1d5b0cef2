"""The audit log: its keys, its auditor, its witnesses, and whether it still is what its writer left."""

import os
import socket
import stat
from datetime import datetime, timedelta
from pathlib import Path

from aiops_agent.audit.anchors import of_log, read_anchors
from aiops_agent.audit.damage import DamagedLogError
from aiops_agent.audit.key_files import KEY_LENGTH
from aiops_agent.audit.publish import last_kept, log_named
from aiops_agent.audit.seal import datetime_of
from aiops_agent.audit.segments import list_segments, writer
from aiops_agent.audit.walk import Walk, walk_tail
from aiops_agent.cli.health.finding import Findings, Place, fail, ok, warn
from aiops_agent.model.incident import rfc3339
from aiops_agent.wiring.keys import keys_of

_AHEAD = timedelta(minutes=5)
"""As far as the clocks of two machines may differ by the rules of Kerberos."""

_SILENT = timedelta(hours=26)
"""The agent records a heartbeat every 24 hours."""

_EARLIEST_YEAR = 2025
"""A clock that says less has lost its battery: this program is younger."""


def wrapping_key(place: Place) -> Findings:
    """Where does the key lie that everything is encrypted with, and does it open?"""
    config, keys = place.config, keys_of(place.config)
    yield from _left_behind(config.state_dir / "keys", is_credential=config.credential is not None)
    if config.credential:
        yield ok(
            f"the credential {config.credential} of systemd: no copy of the disk has it in the clear",
            "without a TPM the host's own key opens it: leave /var/lib/systemd/credential.secret out of backups",
        )
        if config.credentials is None:
            yield warn(
                "systemd gives it to the unit, and not to this shell: it was not tried",
                "systemd-run --pipe -p User=aiops-agent with the same LoadCredentialEncrypted= runs `doctor` with it",
            )
            return
    else:
        yield ok(
            f"the file {config.state_dir}/keys/wrapping.key: a copy of the disk has log and key together",
            "`audit: {key: {type: credential}}` keeps it off the disk: docs/keys.md",
        )
    if list_segments(place.audit) or keys.exist():
        keys.check()


def _left_behind(folder: Path, *, is_credential: bool) -> Findings:
    """What lies there that a rotation or a change of the configuration has left, and should not stay?"""
    if (folder / "wrapping.old").exists():
        yield warn(
            f"{folder}/wrapping.old is still there: a rotation was begun and the log has no record of it yet",
            "run `aiops-agent audit rotate-key` again",
        )
    if not is_credential:
        return
    if (folder / "wrapping.key").exists():
        yield fail(
            f"{folder}/wrapping.key lies in the clear beside the credential that was to replace it",
            "when `aiops-agent audit verify` in the unit is intact: shred -u it, and its backups",
        )
    if (folder / "signing.key").exists() and (folder / "signing.key").stat().st_size == KEY_LENGTH:
        yield warn(f"{folder}/signing.key lies in the clear", "the next record puts an encrypted one in its place")


def auditor(place: Place) -> Findings:
    """What could somebody rewrite who takes the host over?"""
    if place.config.auditor_key:
        yield ok(f"the first MAC keys are sealed to {place.config.auditor_key}, whose other half is elsewhere")
    else:
        yield warn(
            "none: anyone can verify the log with genesis.pub up to its last checkpoint; what stands behind that "
            "can be rewritten by whoever takes the host over",
            "`aiops-agent audit make-auditor-key` on another machine, then `audit.auditor_key`: docs/security.md",
        )


def intact(place: Place) -> Findings:
    """Is the log what its writer left?"""
    segments = list_segments(place.audit)
    if not segments:
        yield ok("nothing is recorded yet")
        return
    if place.is_full:
        yield from _verified(place)
        return
    try:
        walk = walk_tail(segments, None)
    except DamagedLogError as error:
        yield fail(error.message, error.hint)
        return
    looked_at = f"the last of {len(segments)} segments, by signatures and chain"
    if writer(place.audit) is None and (walk.tear or not walk.is_closed):
        yield fail("its last session has no end", "the next `aiops-agent scan` explains it, if a crash left it so")
    keys = keys_of(place.config)
    if keys.exist() and _is_readable(place) and walk.position.announced not in keys.verifying_keys():
        yield fail("its end was cut off: the signing key knows of more records", "run `aiops-agent audit verify`")
    yield ok(f"{walk.position.records} records; looked at: {looked_at}", "`doctor --full` reads all of it")


def _is_readable(place: Place) -> bool:
    """Tell whether the signing key can be used here: one that is encrypted with a credential may not be."""
    return place.config.credential is None or place.config.credentials is not None


def _verified(place: Place) -> Findings:
    from aiops_agent.audit.verify import verify

    report = verify(place.audit, keys_of(place.config), now=place.now)
    if report.first_bad:
        yield fail(f"not intact: {report.first_bad}", "keep the audit and keys folders as evidence: docs/security.md")
        return
    for oddity in report.oddities:
        yield warn(str(oddity), "somebody should know why")
    if report.key_problem:
        yield fail(f"verified without the keys: {report.key_problem}", "restore them from their backup")
    yield ok(f"intact: {report.records} records in {report.segments} segments")


def anchors(place: Place) -> Findings:
    """Who outside of the log knows where it stands, and how much of it is known to nobody?"""
    config = place.config
    if config.anchor_journal:
        yield from _journal(place.system / "run/systemd/journal/socket")
    if config.anchor_file:
        yield from _file(place, config.anchor_file)
    if not config.anchor_journal and not config.anchor_file and not config.chat:
        yield warn(
            "nothing outside of this host knows where the log stands: a log that is cut short looks whole",
            "`audit.anchors`, or a chat under `chat`: docs/security.md",
        )
    yield ok("every report carries one: what left this host, in a chat or by mail, covers the log until then")


def _journal(address: Path) -> Findings:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect(str(address))
    except OSError as error:
        yield warn(
            f"the journal of systemd is not told: {address}: {error.strerror}",
            "`audit: {anchors: {journal: false}}` if this host has none",
        )
    else:
        yield ok("the journal of systemd is told: `journalctl -t aiops-agent`")


def _file(place: Place, path: Path) -> Findings:
    is_there = path.exists()
    if is_there and not stat.S_ISREG(path.lstat().st_mode):
        yield fail(f"{path} is no plain file", "name another under `audit.anchors.file`")
        return
    if not os.access(path if is_there else path.parent, os.W_OK, effective_ids=True):
        yield fail(
            f"{path} cannot be written by the owner of state_dir",
            "make it a file of that user; under the shipped units, ReadWritePaths= must name its folder",
        )
    if is_there and path.lstat().st_size:
        yield from _coverage(place, path)
    elif list_segments(place.audit):
        yield warn(f"{path} holds no anchor yet", "the next command that records leaves one")


def _coverage(place: Place, path: Path) -> Findings:
    kept = read_anchors(str(path))
    known = of_log(kept, log_named(place.audit))
    if not known:
        yield fail(
            f"{path} knows of another log only ({kept[-1].log}): this one was put in its place, or never told it",
            "if nobody began a new log: docs/security.md says what to do",
        )
        return
    records = walk_tail(list_segments(place.audit), None).position.records
    newest = max((anchor.records for anchor in known), default=0)
    if newest > records:
        yield fail(
            f"{path} knows of {newest} records, and {records} are here: the log was cut off or put back",
            "run `aiops-agent audit verify`; docs/security.md says what to do",
        )
    elif newest < records:
        yield warn(
            f"{records - newest} of {records} records are behind the newest anchor in {path} ({_age(place, path)})",
            "the next command that records leaves one; when this grows, look whether it can be written",
        )
    else:
        yield ok(f"{path} covers all {records} records ({_age(place, path)})")


def _age(place: Place, path: Path) -> str:
    at = last_kept(path)
    return f"of {rfc3339(at)}, {(place.now - at) // timedelta(hours=1)} hours ago" if at else "without a time"


def clock(place: Place) -> Findings:
    """Does the clock fit what was recorded?"""
    if place.now.year < _EARLIEST_YEAR:
        yield fail(f"it is {rfc3339(place.now)} by this clock", "set it: timedatectl set-ntp true")
    last = _last_time(place)
    if last is None:
        yield ok(f"{rfc3339(place.now)}; nothing is recorded to compare it with")
    elif last > place.now + _AHEAD:
        yield fail(
            f"the last record is of {rfc3339(last)}, and it is {rfc3339(place.now)} by this clock",
            "find out which of them is wrong: the clock was set back, or was ahead",
        )
    elif place.now - last > _SILENT:
        yield warn(
            f"nothing is recorded since {rfc3339(last)}: an agent that runs says so once a day",
            "`aiops-agent scan`, and see which unit should have run it",
        )
    else:
        yield ok(f"the last record is of {rfc3339(last)}")


def _last_time(place: Place) -> datetime | None:
    """Return when the newest record was written, as it says."""
    last = None
    segments = list_segments(place.audit)
    for raw in Walk(segments[-1:], None):
        last = raw.time_us
    return datetime_of(last) if last is not None else None
