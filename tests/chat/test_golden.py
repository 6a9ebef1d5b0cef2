"""Reports read as they were last reviewed; `python -m tests.chat.rewrite_golden` accepts new wording."""

import pytest

from tests.chat.rewrite_golden import FOLDER, files

EXPECTED = dict(files())


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.name)
def test_a_report_reads_as_reviewed(path):
    assert path.read_text(encoding="utf-8") == EXPECTED[path]


def test_no_report_is_kept_that_nothing_writes():
    assert set(FOLDER.iterdir()) == set(EXPECTED)
