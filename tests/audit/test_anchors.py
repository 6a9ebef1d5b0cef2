import io
import json

import pytest

from aiops_agent.audit.anchors import Sighting, find_anchors, of_log, read_anchors
from aiops_agent.audit.verify import verify
from aiops_agent.errors import UsageError
from aiops_agent.model.audit import Anchor
from tests.audit.logs import Log, entry, kind

HEAD = "9f3a1c2b77e0" + "ab" * 26
LOG = "0123456789abcdef" * 2


def found(text: str | bytes) -> list[Sighting]:
    return find_anchors(io.BytesIO(text.encode() if isinstance(text, str) else text), "a text")


def anchors(text: str | bytes) -> list[tuple[int, str]]:
    return [(sighting.anchor.records, sighting.anchor.head) for sighting in found(text)]


@pytest.mark.parametrize(
    "text",
    [
        "inc-00000001 · audit 231·9f3a1c2b77e0\n",
        "`inc-00000001` · `audit 231·9f3a1c2b77e0`\n",
        "Nov 26 12:00:00 web01 aiops-agent[7]: audit 231·9f3a1c2b77e0",
        '[{"text": "repaired \\u00b7 audit 231\\u00b79f3a1c2b77e0", "ts": "1"}]',
        '{"text": "repaired \\u00b7 audit 231\\u00b79f3a1c2b77e0", "ts": "1"}',
        "<code>audit 231&middot;9f3a1c2b77e0</code><br>",
        "\ufffd\x00\x1b[0maudit 231·9f3a1c2b77e0.",
        '{"records": 231, "head": "9f3a1c2b77e0"}\n',
        '{"AIOPS_AUDIT_RECORDS": "231", "AIOPS_AUDIT_HEAD": "9f3a1c2b77e0", "MESSAGE": "x"}\n',
    ],
)
def test_an_anchor_is_found_wherever_it_was_kept(text):
    assert anchors(text) == [(231, "9f3a1c2b77e0")]


def test_what_is_no_utf_8_hides_no_anchor():
    assert anchors(b"\xff\xfe\x80 audit 231\xc2\xb79f3a1c2b77e0 \xc3\n") == [(231, "9f3a1c2b77e0")]


def test_the_file_of_anchors_names_the_log_and_the_whole_head():
    assert found(f"2026-11-26T12:00:00Z audit 231·{HEAD} log {LOG}\n") == [Sighting(Anchor(231, HEAD), LOG)]
    assert found(json.dumps({"records": 231, "head": HEAD, "log": LOG})) == [Sighting(Anchor(231, HEAD), LOG)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing of the kind",
        "audit 231·9f3a1c2b77e\n",
        f"audit 231·{'a' * 65}\n",
        "audit 231·9f3a1c2b77e0x\n",
        "audit -1·9f3a1c2b77e0\n",
        '{"records": true, "head": 7}\n',
        '{"records": -1, "head": "9f3a1c2b77e0"}\n',
        '{"records": 231, "head": "9F3A1C2B77E0"}\n',
        "{" * 100_000,
        "[" * 60_000 + "\n",
    ],
)
def test_a_text_without_an_anchor_is_wrong_use_and_named(text):
    with pytest.raises(UsageError, match="a text holds no anchor") as refusal:
        found(text)
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize("before", [0, 1, 65_400, 65_500, 65_512, 65_535, 65_536, 65_537, 131_000, 131_072])
def test_an_anchor_is_found_whole_in_a_line_of_any_length_at_any_place(before):
    text = "x" * before + f" audit 7·{HEAD} log {LOG} " + "y" * 200_000 + " audit 8·9f3a1c2b77e0"
    assert found(text) == [Sighting(Anchor(7, HEAD), LOG), Sighting(Anchor(8, "9f3a1c2b77e0"), None)]


def test_anchors_come_once_and_in_order():
    text = "audit 9·aaaaaaaaaaaa\naudit 2·bbbbbbbbbbbb\naudit 9·aaaaaaaaaaaa\n"
    assert anchors(text) == [(2, "bbbbbbbbbbbb"), (9, "aaaaaaaaaaaa")]


def test_of_very_many_the_newest_are_kept():
    text = "".join(f"audit {number}·{number:012x}\n" for number in range(1, 50_001))
    kept = anchors(text)
    assert len(kept) == 20_000
    assert (kept[0][0], kept[-1][0]) == (30_001, 50_000)


def test_anchors_of_another_log_are_left_out_and_those_of_no_named_log_are_not():
    other = "f" * 32
    text = f"audit 1·{HEAD} log {LOG}\naudit 2·{HEAD} log {other}\naudit 3·{HEAD}\n"
    assert [anchor.records for anchor in of_log(found(text), LOG)] == [1, 3]
    assert [anchor.records for anchor in of_log(found(text), None)] == [1, 2, 3]


@pytest.mark.parametrize("name", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=name):
        read_anchors(str(tmp_path / name))


def test_an_anchor_out_of_a_report_shows_that_the_end_was_cut_off(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    report = f"inc-00000001 · {log.write(entry(2))}\n"
    given = of_log(found(report), None)
    assert verify(log.audit, log.keys, given).uncovered == 0
    for path, content in kept.items():
        path.write_bytes(content)
    assert log.verify().intact, "a restored snapshot looks intact to itself"
    assert kind(verify(log.audit, log.keys, given)) == "cut"
