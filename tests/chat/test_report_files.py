"""The folder of reports: whole files, private, one pair for one report."""

import os
import stat
from dataclasses import replace

import pytest

from aiops_agent.chat.report_files import ReportFolder
from aiops_agent.errors import ChatError
from tests.chat.reports import message

STEM = "20261123T030000Z-inc-00000001-found"


def test_a_report_is_text_and_markdown_named_by_time_incident_and_kind(tmp_path):
    ReportFolder(tmp_path / "state" / "reports", "en").send(message("**a**\n", "写入失败\n"))
    folder = tmp_path / "state" / "reports"
    assert (folder / f"{STEM}.txt").read_text(encoding="utf-8") == "写入失败\n"
    assert (folder / f"{STEM}.md").read_text(encoding="utf-8") == "**a**\n"
    assert sorted(path.name for path in folder.iterdir()) == [f"{STEM}.md", f"{STEM}.txt"]


def test_only_the_owner_may_read(tmp_path):
    before = os.umask(0)
    try:
        ReportFolder(tmp_path / "reports", "en").send(message())
    finally:
        os.umask(before)
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "reports").iterdir()}
    assert modes == {".txt": 0o600, ".md": 0o600}


def test_the_folder_is_closed_to_others(tmp_path):
    ReportFolder(tmp_path / "reports", "en").send(message())
    assert stat.S_IMODE((tmp_path / "reports").stat().st_mode) == 0o700


def test_a_report_delivered_twice_is_one(tmp_path):
    folder = ReportFolder(tmp_path, "en")
    folder.send(message())
    folder.send(message())
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_crash_left_unfinished_is_written_over(tmp_path):
    (tmp_path / f".{STEM}.txt.unfinished").write_text("half of a long report that was never finished")
    ReportFolder(tmp_path, "en").send(message(text="whole"))
    assert (tmp_path / f"{STEM}.txt").read_text() == "whole"


def test_a_planted_link_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / f".{STEM}.txt.unfinished").symlink_to(victim)
    with pytest.raises(ChatError):
        ReportFolder(tmp_path, "en").send(message())
    assert victim.read_text() == "mine"


def test_a_folder_that_cannot_be_is_tried_again_and_named(tmp_path):
    (tmp_path / "reports").write_text("a file is in the way")
    with pytest.raises(ChatError, match="reports cannot be written: File exists") as caught:
        ReportFolder(tmp_path / "reports", "en").send(message())
    assert caught.value.retryable


def test_reports_of_one_second_about_two_incidents_are_two(tmp_path):
    folder = ReportFolder(tmp_path, "en")
    for identity in ("inc-00000001", "inc-00000002"):
        folder.send(replace(message(), fields={**message().fields, "incident": identity}))
    assert len(list(tmp_path.glob("*.txt"))) == 2
