import re
import subprocess
from pathlib import Path

import pytest

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import load_articles, read_article
from aiops_agent.diagnosis.head import load_head
from aiops_agent.errors import ArticleError

SOUND = """---
id: disk-full
title: The disk is full
title_zh: 磁盘已满
categories: [disk_full]
services: ["*"]
signs: ["No space left on device"]
playbook: null
---
# The disk is full
Delete something.
"""

SHIPPED = load_articles([Path(__file__).parents[2] / "knowledge_base"])
SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_front_matter_becomes_fields_and_the_rest_the_body(tmp_path):
    article = read_article(write(tmp_path, "a.md", SOUND))
    assert article.id == "disk-full"
    assert article.signs == ("No space left on device",)
    assert article.playbook is None
    assert article.body.startswith("# The disk is full")


def test_what_may_be_left_out_has_a_meaning(tmp_path):
    article = read_article(write(tmp_path, "a.md", "---\nid: a\ntitle: A\ncategories: [timeout]\n---\nbody"))
    assert (article.title_zh, article.services, article.signs) == ("A", ("*",), ())


@pytest.mark.parametrize(
    ("change", "line", "key"),
    [
        (("id: disk-full", "id: Disk Full"), 2, "id"),
        (("title: The disk is full", "title: ''"), 3, "title"),
        (("categories: [disk_full]", "categories: disk_full"), 5, "categories"),
        (("signs: [", "signs: [[], "), 7, "signs"),
        (("playbook: null", "playbok: null"), 8, "playbok"),
    ],
)
def test_a_fault_is_told_with_file_line_and_key(tmp_path, change, line, key):
    path = write(tmp_path, "a.md", SOUND.replace(*change))
    with pytest.raises(ArticleError) as refused:
        read_article(path)
    (fault,) = refused.value.faults
    assert (fault.file, fault.line, fault.key) == (str(path), line, key)


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(ArticleError) as refused:
        read_article(write(tmp_path, "a.md", "---\ntitle: ''\nmore: 1\n---\n"))
    assert [fault.key for fault in refused.value.faults] == ["id", "title", "categories", "more"]


@pytest.mark.parametrize("text", ["# no front matter\n", "---\nid: a\n", "---\n- a\n---\n", "---\nid: [a\n---\n", ""])
def test_what_is_no_article_is_refused(tmp_path, text):
    with pytest.raises(ArticleError):
        read_article(write(tmp_path, "a.md", text))


def test_a_broken_article_does_not_hide_the_others(tmp_path):
    write(tmp_path, "good.md", SOUND)
    write(tmp_path, "bad.md", "nothing")
    shelf = load_articles([tmp_path])
    assert [article.id for article in shelf.articles] == ["disk-full"]
    assert [Path(fault.file).name for fault in shelf.faults] == ["bad.md"]


def test_a_later_folder_overrides_by_id_and_by_place(tmp_path):
    write(tmp_path / "shipped", "disk/full.md", SOUND)
    write(tmp_path / "shipped", "disk/inodes.md", SOUND.replace("disk-full", "inodes"))
    write(tmp_path / "own", "mine.md", SOUND.replace("The disk is full", "Ours"))
    write(tmp_path / "own", "disk/inodes.md", SOUND.replace("disk-full", "our-inodes"))
    shelf = load_articles([tmp_path / "shipped", tmp_path / "own"])
    assert [(article.id, article.path.parts[-2]) for article in shelf.articles] == [
        ("disk-full", "own"),
        ("our-inodes", "disk"),
    ]
    assert shelf.articles[0].title == "Ours"


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path):
    assert load_articles([tmp_path / "none"]).articles == ()


def test_every_shipped_article_is_sound():
    assert SHIPPED.faults == ()
    assert SHIPPED.articles


def test_every_category_that_names_a_fault_has_a_shipped_article():
    served = {category for article in SHIPPED.articles for category in article.categories}
    assert served == set(load_head(MODELS).categories) - {"unknown"}


@pytest.mark.parametrize("article", SHIPPED.articles, ids=lambda article: article.id)
def test_every_command_of_a_shipped_article_parses(article):
    blocks = SHELL_BLOCK.findall(article.body)
    assert blocks
    checked = subprocess.run(["bash", "-n"], input="".join(blocks), capture_output=True, text=True, check=False)
    assert checked.stderr == ""
