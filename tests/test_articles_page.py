"""docs/articles.md as a person would follow it."""

import json
import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parent.parent / "docs" / "articles.md").read_text(encoding="utf-8")
AGENT = Path(sys.executable).with_name("aiops-agent")


def walk() -> str:
    """Return the commands of "Your first article": a document within, so it ends at its last line."""
    return re.search(r"```sh\n(mkdir.*?aiops-agent kb lint articles\n)```", PAGE, re.DOTALL)[1]


def test_the_first_article_is_sound_and_found(tmp_path):
    script = walk().replace("aiops-agent ", f"{AGENT} ")
    said = subprocess.run(["bash", "-e"], input=script, capture_output=True, text=True, cwd=tmp_path)
    assert (said.stdout.splitlines()[-1], said.returncode) == ("1 articles, no faults, no advice", 0), said.stderr
    config = tmp_path / "my.yaml"
    named = re.search(r"`(knowledge_base: \[(/\S+/articles)\])`", PAGE)  # the page's own line, for the folder here
    config.write_text(
        f"state_dir: {tmp_path}/state\n{named[1].replace(named[2], f'{tmp_path}/articles')}\nsources: []\n"
    )
    argv = [AGENT, "kb", "search", "flux capacitor jammed", "--config", config, "--json"]
    found = subprocess.run(argv, capture_output=True, text=True)
    assert json.loads(found.stdout)["articles"][0]["id"] == "widget-jammed", found.stderr
