"""C01, C02, C14: a log or a model that somebody has put another file in the place of."""

import shutil
import threading

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.diagnosis.artefact import MODELS, verified
from aiops_agent.errors import ModelError
from aiops_agent.sources.file import FileSource
from tests.journeys.host import Host

SECRET = "2026-11-23 03:00:00,001 ERROR shadow: root:$6$planted:20000:0:99999:7"
HARMLESS = "2026-11-23 03:00:00,001 ERROR worker: the thing with the other thing"


def test_c01_a_log_that_was_replaced_by_a_link_to_a_file_elsewhere_is_refused_flagged_and_not_shown(tmp_path):
    folder, shadow = tmp_path / "host", tmp_path / "shadow"
    folder.mkdir()
    shadow.write_text(f"{SECRET}\n" * 3)
    host = Host(folder)
    host.writes(HARMLESS)
    host.tick()
    host.log.unlink()
    host.log.symlink_to(shadow)
    found = host.tick()
    assert found.errors == 0
    assert [i.title for i in host.incidents() if i.kind == "agent"] == [f"refused: {host.log}"]
    assert host.phone.messages
    assert "planted" not in repr(host.phone.messages) + repr(host.incidents())


@pytest.mark.slow
def test_c02_a_log_that_becomes_a_link_at_any_moment_of_ten_thousand_reads_gives_nothing_away(tmp_path):
    logs, shadow, over = tmp_path / "logs", tmp_path / "shadow", threading.Event()
    logs.mkdir()
    shadow.write_text(f"{SECRET}\n")
    log, spare = logs / "app.log", logs / "spare"
    log.write_text(f"{HARMLESS}\n")

    def swap() -> None:
        while not over.is_set():
            spare.symlink_to(shadow)
            spare.replace(log)
            spare.write_text(f"{HARMLESS}\n")
            spare.replace(log)

    source = FileSource([f"{logs}/*.log"], service=None, start="beginning", seen_before=True, assembly=Assembly())
    attacker = threading.Thread(target=swap)
    attacker.start()
    try:
        batches = [batch for _ in range(10_000) for batch in source.read({})]
    finally:
        over.set()
        attacker.join()
    said = {sighting.headline for batch in batches for sighting in batch.sightings}
    kinds = {notice.kind for batch in batches for notice in batch.notices}
    assert said == {"worker: the thing with the other thing"}
    assert "refused" in kinds, "it was met as a link too"


def field(number: int, content: bytes | int) -> bytes:
    """Return a field of a protobuf message."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def weights_elsewhere() -> bytes:
    """Return an ONNX model whose one tensor is read from a file outside of its folder."""
    location = field(1, b"location") + field(2, b"../../x")
    tensor = field(1, 1) + field(2, 1) + field(8, b"w") + field(13, location) + field(14, 1)
    output = field(1, b"w")
    return field(1, 8) + field(8, field(2, 17)) + field(7, field(2, b"g") + field(5, tensor) + field(12, output))


def flipped() -> bytes:
    whole = bytearray((MODELS / "encoder" / "model.onnx").read_bytes())
    whole[len(whole) // 2] ^= 1
    return bytes(whole)


@pytest.mark.parametrize("made", [weights_elsewhere, flipped, bytes])
def test_c14_a_model_that_was_swapped_or_flipped_or_reads_elsewhere_is_refused(tmp_path, made):
    (tmp_path / "encoder").mkdir()
    shutil.copy(MODELS / "manifest.json", tmp_path)
    model = tmp_path / "encoder" / "model.onnx"
    model.write_bytes(made())
    with pytest.raises(ModelError, match="is not the one this version was shipped with"):
        verified(tmp_path, "encoder/model.onnx")
