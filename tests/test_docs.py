"""What the documents say is there is there, and what is there is documented."""

import argparse
from pathlib import Path

import pytest
import yaml

from aiops_agent.cli.arguments import parser
from aiops_agent.config.load import load
from aiops_agent.model.decision import Reason
from aiops_agent.playbook.lint import lint
from aiops_agent.playbook.load import load as load_playbook
from aiops_agent.playbook.vocabulary import VERBS
from aiops_agent.wiring.library import Library

ROOT = Path(__file__).parent.parent


def words_between(text: str, sign: str) -> set[str]:
    return {word.strip() for word in text.split(sign)[1::2]}


def commands(of: argparse.ArgumentParser, prefix: str = "") -> list[str]:
    groups = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        return [prefix.strip()]
    return [found for name, sub in groups[0].choices.items() for found in commands(sub, f"{prefix} {name}")]


def test_every_folder_and_module_of_the_package_stands_in_the_architecture():
    said = (ROOT / "ARCHITECTURE.md").read_text()
    for path in (ROOT / "aiops_agent").iterdir():
        if path.name not in ("__init__.py", "__pycache__"):
            assert f"`{path.name}{'/' if path.is_dir() else ''}`" in said, path.name


ROOMS = (
    "assembly",
    "audit",
    "chat",
    "diagnosis",
    "executor",
    "playbook",
    "policy",
    "signing",
    "sources",
    "state",
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_of_a_room_stands_in_the_paragraph_of_the_room(room):
    [said] = [p for p in (ROOT / "ARCHITECTURE.md").read_text().split("\n\n") if p.startswith(f"`{room}/`")]
    modules = {path.stem for path in (ROOT / "aiops_agent" / room).glob("*.py")} - {"__init__", "__main__"}
    assert {module for module in modules if f"`{module}`" not in said} == set()


PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are linked to by."""
    titles = [line.lstrip("#").strip().lower() for line in page.read_text().splitlines() if line.startswith("#")]
    return {"".join(c for c in title if c.isalnum() or c in " -_").replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_place_a_page_links_to_is_there(page):
    for link in page.read_text().split("](")[1:]:
        target, _, anchor = link.split(")")[0].partition("#")
        if not target.startswith("http"):
            there = page.parent / target if target else page
            assert there.exists(), target
            assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


def test_every_command_the_readme_shows_is_one():
    known = commands(parser())
    for words in words_between((ROOT / "README.md").read_text(), "`"):
        if words.startswith("aiops-agent "):
            said = words.removeprefix("aiops-agent ")
            assert any(said.startswith(command) for command in known), words


def test_every_key_of_the_configuration_is_documented():
    documented = (ROOT / "docs" / "configuration.md").read_text()
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text())
    for key in shipped:
        assert f"`{key}" in documented, key
    load(ROOT / "config.yaml", {})


def test_every_shipped_playbook_and_article_is_sound_and_every_playbook_an_article_names_exists():
    shelf, catalogue = Library().articles, Library().playbooks
    assert shelf.faults == ()
    assert catalogue.faults == ()
    assert len(shelf.articles) >= 16
    assert len(catalogue.all()) >= 5
    for article in shelf.articles:
        assert article.playbook is None or catalogue.get(article.playbook), article.id


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_a_word_of_one_form(reason):
    assert reason.value == reason.name.lower()


def test_nothing_in_the_project_speaks_of_where_it_was_made():
    # Put together here, so that this file does not hold them.
    forbidden = ["/wor" + "k/", "/tm" + "p/scratch", "pypi" + "-more", ".librar" + "y/"]
    for path in ROOT.rglob("*"):
        if path.suffix in (".py", ".md", ".yaml", ".toml", ".sh") and not {".venv", ".venv-train", ".git"} & set(
            path.parts
        ):
            text = path.read_text(errors="replace")
            assert not [word for word in forbidden if word in text], path


def test_every_word_a_playbook_can_use_is_documented():
    documented = (ROOT / "docs" / "playbooks.md").read_text()
    for name, word in VERBS.items():
        assert not word.written or f"| `{name}` |" in documented, name


def test_the_notice_travels_with_the_weights():
    assert (ROOT / "aiops_agent" / "models" / "NOTICE").read_text() == (ROOT / "NOTICE").read_text()


def test_the_playbooks_in_the_documentation_load_and_need_no_advice(tmp_path):
    blocks = (ROOT / "docs" / "playbooks.md").read_text().split("```yaml\n")[1:]
    texts = [block.partition("```")[0] for block in blocks]
    assert len(texts) >= 3
    for text in texts:
        path = tmp_path / f"{text.split()[1]}.yaml"
        path.write_text(text)
        advice = lint(load_playbook(path))
        assert advice == [], (path.name, advice)
