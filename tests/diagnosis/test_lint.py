from pathlib import Path

import pytest

from aiops_agent.diagnosis.articles import load_articles, read_article
from aiops_agent.diagnosis.lint import commands, lint

SOUND = """---
id: disk-full
title: The disk is full
title_zh: 磁盘已满
categories: [disk_full]
signs: ["No space left on device", "磁盘已满"]
---
# The disk is full

## Signs

```
write: No space left on device
```

## Cause

1. Logs.

## Checks

```sh
df -h
```

## Remedy

1. Delete them.

## Verification

```sh
df -h | tail -1
```

## When to call a person

- It fills again.
"""
SHIPPED = load_articles([Path(__file__).parents[2] / "knowledge_base"])


def read(folder: Path, text: str, name: str = "a.md"):
    (folder / name).write_text(text, encoding="utf-8")
    return read_article(folder / name)


def test_a_sound_article_gets_no_advice(tmp_path):
    assert lint([read(tmp_path, SOUND)]) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("## Verification\n", "## Proof\n"), "has no `## Verification`"),
        (("## Cause\n\n1. Logs.\n\n## Checks", "## Checks\n\n## Cause"), "order"),
        (('signs: ["No space left on device", "磁盘已满"]\n', ""), "signs: are missing"),
        (('"磁盘已满"', '"..."'), "has no word or code"),
        (("title_zh: 磁盘已满\n", ""), "title_zh: is missing"),
        (("```sh\ndf -h\n```\n", "look\n"), None),
        (("```", "~~~"), "has no command below"),
    ],
)
def test_what_an_article_lacks_is_told(tmp_path, change, expected):
    said = [str(fault) for fault in lint([read(tmp_path, SOUND.replace(*change))])]
    assert any(expected in one for one in said) if expected else said == [], said


def test_a_sign_that_stands_in_two_articles_is_told_with_both(tmp_path):
    other = SOUND.replace("id: disk-full", "id: other").replace("title: The disk is full", "title: Another")
    nearly = other.replace('"No space left on device", "磁盘已满"', '"FATAL: no space left on the device"')
    (same_en, same_zh) = lint([read(tmp_path, SOUND), read(tmp_path, other, "b.md")])
    assert "stands in other too" in same_en.message + same_zh.message
    (contained,) = lint([read(tmp_path, SOUND), read(tmp_path, nearly, "b.md")])
    assert "`FATAL: no space left on the device`" in contained.message


def test_two_articles_of_one_title_are_told(tmp_path):
    other = SOUND.replace("id: disk-full", "id: other").replace('"No space left on device", "磁盘已满"', '"EDQUOT"')
    (fault,) = lint([read(tmp_path, SOUND), read(tmp_path, other, "b.md")])
    assert "same title" in fault.message


def test_a_block_of_commands_knows_its_line_in_the_file(tmp_path):
    article = read(tmp_path, SOUND)
    lines = SOUND.splitlines()
    assert [lines[block.line - 1] for block in commands(article)] == ["df -h", "df -h | tail -1"]


def test_there_is_no_advice_on_the_shipped_articles_but_what_was_thought_over():
    """Both of each pair are meant: an own address and a peer's, a machine and a container, a lock and a statement."""
    meant = {
        "Cannot assign requested address",
        "Out of memory: Killed process",
        "canceling statement due to statement timeout",
    }
    assert [str(fault) for fault in lint(SHIPPED.articles) if not any(sign in fault.message for sign in meant)] == []


@pytest.mark.parametrize("article", SHIPPED.articles, ids=lambda article: article.id)
def test_a_shipped_article_has_a_chinese_title_and_a_chinese_sign(article):
    assert article.title_zh != article.title
    assert any(not sign.isascii() for sign in article.signs)
