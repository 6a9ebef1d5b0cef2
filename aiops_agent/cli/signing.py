"""`playbook keygen`, `sign` and `verify`: what people do with the signatures of playbooks."""

import argparse
import getpass
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiops_agent import remembered
from aiops_agent.cli.named import named
from aiops_agent.cli.output import print_json, print_table, safe
from aiops_agent.cli.session import start
from aiops_agent.errors import UsageError
from aiops_agent.model.incident import rfc3339
from aiops_agent.model.playbook import Playbook, Template
from aiops_agent.model.signature import Floors, Signature, SigningRules
from aiops_agent.noun import replace
from aiops_agent.playbook.catalogue import Catalogue
from aiops_agent.playbook.kinds import parse_duration
from aiops_agent.settings import Config
from aiops_agent.signing.ed25519 import SigningKey
from aiops_agent.signing.manifest import Manifest, read
from aiops_agent.signing.register import Register
from aiops_agent.signing.sign import EXPIRES, added, countersigned, kept, put, signed
from aiops_agent.signing.trusted import read_trusted
from aiops_agent.signing.verify import verify as verified
from aiops_agent.state.state import State
from aiops_agent.wiring.late import LateCipher
from aiops_agent.wiring.library import Library, rules_of

NEEDS_ATTENTION = 1
_LONGEST_PASSPHRASE = 1024


def keygen(arguments: argparse.Namespace) -> int:
    """Make a key to sign playbooks with."""
    private = Path(arguments.out)
    if os.path.lexists(private):  # said before a person thinks of a passphrase
        raise UsageError(f"{private} exists already", hint="name a new file; no key is ever overwritten")
    key = SigningKey.make()
    published = key.keep(private, _passphrase(arguments.passphrase_file, twice=True))
    print(f"{private} is the private half: whoever has it and its passphrase decides what runs; keep a copy elsewhere")
    print(f"{published} is for the hosts: as root, copy it to /etc/aiops-agent/trusted/ there (`signing.trusted`)")
    print(f"its id is {key.id}")
    return 0


def sign(arguments: argparse.Namespace) -> int:
    """Show what playbooks may do, and sign them as they stand."""
    config = remembered.load(Path(arguments.config), None)
    rules = rules_of(config)
    if arguments.manifest:
        rules = replace(rules, manifest=Path(arguments.manifest))
    library = Library(config.playbooks, config.knowledge_base)
    if arguments.countersign:
        return _countersign(arguments, rules, library)
    chosen = _chosen(library.playbooks, arguments.names, everything=arguments.all)
    expires = _duration(arguments.expires)
    now = datetime.now(UTC)
    _show(chosen)
    key = SigningKey.open(Path(arguments.key), _passphrase(arguments.passphrase_file))
    before = _before(rules, key, arguments.serial)
    manifest, dropped = kept(before, library.playbooks.playbooks, now)
    if arguments.all:
        manifest, dropped = replace(manifest, playbooks={}), []
    manifest = replace(added(manifest, chosen, now, expires), articles=_articles(arguments, library, before))
    put(rules.manifest, signed(manifest, key))
    _say(manifest, [name for name in dropped if name not in manifest.playbooks], rules, key)
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Say of each playbook whether it is signed as it stands; 1 when something needs attention."""
    session = start(arguments.config)
    config = session.config
    library = Library(config.playbooks, config.knowledge_base, rules_of(config), lambda: _floors(config))
    found = _chosen(library.playbooks, arguments.names, everything=not arguments.names)
    register = library.register
    signatures = {playbook.name: library.signature(playbook, session.now) for playbook in found}
    faults = [str(fault) for fault in (*register.faults_at(session.now), *library.articles.faults)]
    if arguments.json:
        print_json(
            {
                "manifest": _as_json(register),
                "playbooks": [_row(playbook, signatures[playbook.name], register) for playbook in found],
                "faults": faults,
            }
        )
    else:
        rows = ((p.name, p.version, p.risk.name.lower(), _words(signatures[p.name])) for p in found)
        print_table(("NAME", "VERSION", "RISK", "SIGNATURE"), rows, empty="no playbooks")
        for fault in faults:
            print(safe(fault))
        again = [name for name, found in signatures.items() if found in (Signature.EDITED, Signature.EXPIRED)]
        if again:
            print(f"look at what it is now, and sign again: aiops-agent playbook sign --key FILE {' '.join(again)}")
        print(_summary(register))
    all_right = not faults and all(each is Signature.SIGNED for each in signatures.values())
    return 0 if all_right else NEEDS_ATTENTION


def _countersign(arguments: argparse.Namespace, rules: SigningRules, library: Library) -> int:
    """Add a second person's signature to the manifest as it stands, after showing what is in it."""
    try:
        content = rules.manifest.read_bytes()
    except OSError as error:
        raise UsageError(f"{rules.manifest} cannot be read: {error.strerror}", hint="`playbook sign` first") from error
    register = verified(rules, Floors())
    if register.manifest is None or read(content).manifest != register.manifest:
        raise UsageError(
            "; ".join(map(str, register.faults)) or f"there is no {rules.manifest}",
            hint="a second signature is added to one that is trusted: copy the first signer's .pub into the folder",
        )
    entries = register.manifest.playbooks
    known = [playbook for playbook in library.playbooks.all() if playbook.name in entries]
    seen = {p.name for p in known if entries[p.name].digest == p.digest}
    articles = register.manifest.articles.items() - {(a.id, a.digest) for a in library.articles.articles}
    unseen = [*sorted(entries.keys() - seen), *sorted(article for article, _ in articles)]
    if unseen:
        raise UsageError(
            f"not as signed here, or not here at all: {', '.join(unseen)}",
            hint="sign only what you have seen: get the playbooks as the first signer had them",
        )
    _show(known)
    key = SigningKey.open(Path(arguments.key), _passphrase(arguments.passphrase_file))
    put(rules.manifest, countersigned(content, key))
    print(f"{rules.manifest}: number {register.manifest.serial}, now signed by {key.id} too")
    return 0


def _chosen(catalogue: Catalogue, names: Sequence[str], *, everything: bool) -> list[Playbook]:
    if bool(names) == everything:
        raise UsageError("name playbooks, or say --all", hint="`aiops-agent playbook list` names them")
    chosen = {named(catalogue, name).name for name in names}
    return [playbook for playbook in catalogue.all() if everything or playbook.name in chosen]


def _before(rules: SigningRules, key: SigningKey, serial: int | None) -> Manifest:
    """Return the manifest that is gone on from, its number raised: one that is trusted, or an empty one."""
    if key.id in read_trusted(rules.trusted, rules.owners).revoked:
        raise UsageError(f"the key {key.id} is revoked on this host", hint="sign with another")
    register = verified(rules, Floors(), beside={key.id: key.public})
    if register.refusal:
        raise UsageError(
            "; ".join(fault.message for fault in register.faults if fault.file == str(rules.manifest)),
            hint=f"find out who changed it; then move {rules.manifest} aside, and --all --serial N, above its number",
        )
    now = datetime.now(UTC)
    before = register.manifest or Manifest(0, now, {}, group=rules.group)
    if serial is not None and serial <= before.serial:
        raise UsageError(f"--serial {serial} is not above {before.serial}, the number of the manifest that is there")
    return replace(before, serial=serial or before.serial + 1)


def _articles(arguments: argparse.Namespace, library: Library, before: Manifest) -> Mapping[str, str]:
    """Return the articles to sign: those of now, none, or those that were signed before."""
    if arguments.articles is None:
        return before.articles
    return {article.id: article.digest for article in library.articles.articles} if arguments.articles else {}


def _show(playbooks: Sequence[Playbook]) -> None:
    """Print what a signature will stand for, before anybody types a passphrase."""
    for playbook in playbooks:
        root = ", as root" if playbook.privileged else ""
        print(safe(f"{playbook.name} version {playbook.version}, risk {playbook.risk.name.lower()}{root}"))
        print(safe(f"    {playbook.description['en']}"))
        print(safe(f"    for {' '.join(playbook.categories)} of {' '.join(playbook.services)}"))
        print(safe(f"    may {'; '.join(map(_step, playbook.steps))}"))
        if playbook.undo:
            print(safe(f"    and to take it back {'; '.join(map(_step, playbook.undo))}"))
        print(safe(f"    {playbook.path}, sha256 {playbook.digest}"))


def _step(step: Template) -> str:
    return f"{step.verb} {' '.join(f'{name}={value}' for name, value in step.arguments.items())}"


def _say(manifest: Manifest, dropped: Sequence[str], rules: SigningRules, key: SigningKey) -> None:
    articles = f" and {len(manifest.articles)} articles" if manifest.articles else ""
    print(f"{rules.manifest}: number {manifest.serial}, {len(manifest.playbooks)} playbooks{articles}, by {key.id}")
    if dropped:
        print(safe(f"not signed any more, because edited or expired: {', '.join(dropped)}"))
    if key.id not in read_trusted(rules.trusted, rules.owners).keys:
        print(f"no host counts it before the public half of the key is in {rules.trusted} there, root's, mode 0644")


def _duration(text: str | None) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(text)) if text else EXPIRES
    except ValueError as error:
        raise UsageError(f"--expires: {error}") from error


def _passphrase(file: str | None, *, twice: bool = False) -> bytes:
    if file:
        try:
            with Path(file).open("rb") as opened:
                _refuse_open_to_others(file, os.fstat(opened.fileno()))
                return opened.read(_LONGEST_PASSPHRASE).partition(b"\n")[0]
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the passphrase on", hint="--passphrase-file FILE, mode 0600")
    typed = getpass.getpass("passphrase of the key: ")
    if twice and getpass.getpass("the same again: ") != typed:
        raise UsageError("the two are not the same", hint="nothing was written; try again")
    return typed.encode()


def _refuse_open_to_others(file: str, status: os.stat_result) -> None:
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(
            f"{file} is open to others (mode {stat.S_IMODE(status.st_mode):o})",
            hint=f"chmod 600 {file}; if others use this machine, the passphrase is theirs too: make a new key",
        )


def _floors(config: Config) -> Floors:
    """Return what this host has seen signed; nothing before its first tick."""
    with State.copied(config.state_dir, LateCipher(config)) as state:
        return state.signed.floors()


def _as_json(register: Register) -> dict[str, object] | None:
    manifest = register.manifest
    if manifest is None:
        return None
    return {
        "path": register.path,
        "serial": manifest.serial,
        "created": rfc3339(manifest.created),
        "group": manifest.group,
        "signed_by": sorted(register.signers),
        "articles": len(manifest.articles),
    }


def _row(playbook: Playbook, signature: Signature, register: Register) -> dict[str, object]:
    entry = register.manifest.playbooks.get(playbook.name) if register.manifest else None
    return {
        "name": playbook.name,
        "version": playbook.version,
        "risk": playbook.risk.name.lower(),
        "digest": playbook.digest,
        "signature": signature.value,
        "expires": rfc3339(entry.expires) if entry else None,
    }


def _words(signature: Signature) -> str:
    return "edited since it was signed" if signature is Signature.EDITED else signature.value.replace("_", " ")


def _summary(register: Register) -> str:
    if register.manifest is None:
        return "nothing counts as signed here" + ("" if register.refusal else ": `aiops-agent playbook sign`")
    by = ", ".join(sorted(register.signers))
    return f"{register.path}: number {register.manifest.serial} of {rfc3339(register.manifest.created)}, by {by}"
