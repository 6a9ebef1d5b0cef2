"""What every command starts with: the configuration, the right user, the lock, the agent."""

import os
import pwd
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiops_agent import remembered
from aiops_agent.agent import Agent
from aiops_agent.cli.output import safe
from aiops_agent.errors import StateError, UsageError
from aiops_agent.host import SystemClock, name_of
from aiops_agent.model.decision import NO_HISTORY, Mode
from aiops_agent.model.event import LocalPattern
from aiops_agent.noun import dataclass, replace
from aiops_agent.policy.decide import PolicySettings
from aiops_agent.policy.limits import Limits, stage
from aiops_agent.settings import CREDENTIALS, Config
from aiops_agent.sources.quiet import DEFAULT_CONFIG
from aiops_agent.state.database import exclusive
from aiops_agent.state.state import State
from aiops_agent.wiring.build import World, build
from aiops_agent.wiring.late import LateCipher
from aiops_agent.wiring.library import Library, rules_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.playbook import Playbook
    from aiops_agent.state.exemplars import Exemplars

NOBODY_LOGGED_IN = 2**32 - 1
"""What the kernel shows as the login uid of a process that no login has begun."""

LOCK_WAIT = timedelta(seconds=90)
"""How long a person's command waits for a scan at work: longer than a playbook's usual verification."""


@dataclass(frozen=True, slots=True)
class Session:
    """One command's configuration and moment."""

    config: Config
    now: datetime

    @property
    def world(self) -> World:
        """Return what the agent takes from its surroundings."""
        return World(clock=SystemClock(), host=os.uname().nodename, complain=_complain)


def _complain(what: str | None) -> None:
    if what:
        print(f"aiops-agent: {safe(what)}", file=sys.stderr)


def start(config_file: str, *, create: bool = False, delivers: bool = False) -> Session:
    """Read the configuration and become the owner of the state.

    Args:
        config_file: The configuration.
        create: Make a state_dir that is missing.
        delivers: The command needs the tokens of the chats; no other asks for them, `halt` least of all.

    Raises:
        ConfigError: The configuration has faults.
        StateError: state_dir cannot be made or entered.
        UsageError: The owner of state_dir cannot read this program, or anyone can write there.
    """
    began = time.time()
    config = with_credentials(remembered.load(Path(config_file), os.environ if delivers else None))
    try:
        if create:
            config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _become_owner(config.state_dir)
        if config.state_dir.exists() and not os.access(config.state_dir, os.R_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
        if create and not any(config.state_dir.iterdir()):
            config.state_dir.chmod(0o700)  # a mount point or folder made for us, as open as its maker left it
        if config.state_dir.exists() and config.state_dir.stat().st_mode & stat.S_IWOTH:
            raise UsageError(
                f"anyone on this host can write to {config.state_dir}, and so give approvals in others' names",
                hint=f"chmod o-w {config.state_dir}, and find out who did; or name a folder of its own",
            )
    except OSError as error:
        raise StateError(
            f"{config.state_dir}: {error.strerror}", hint="run as the owner of state_dir, or as root"
        ) from error
    os.umask(0o077)
    if create:
        remembered.save(config, began=began)
    return Session(config, datetime.now(UTC))


def with_credentials(config: Config) -> Config:
    """Return the configuration together with where systemd put the credentials of this process."""
    folder = os.environ.get(CREDENTIALS)
    return replace(config, credentials=Path(folder) if folder else None)


def library(config_file: str | None) -> Library:
    """Return playbooks and articles: of the configuration named, else of the default one if there, else the shipped.

    Raises:
        ConfigError: The configuration has faults.
    """
    path = _configured(config_file)
    if path is None:
        return Library()
    config = remembered.load(path, None)
    return Library(
        config.playbooks, config.knowledge_base, rules_of(config), stated=config.faults, models=config.models
    )


def mode(config_file: str | None) -> Mode:
    """Return the mode where no rule matches, by the configuration that `library` goes by.

    Raises:
        ConfigError: The configuration has faults.
    """
    path = _configured(config_file)
    return remembered.load(path, None).policy.mode if path else PolicySettings().mode


def faults(config_file: str | None) -> tuple[LocalPattern, ...]:
    """Return what people have said is a fault, in the configuration that `library` goes by.

    Raises:
        ConfigError: The configuration has faults.
    """
    path = _configured(config_file)
    return remembered.load(path, None).faults if path else ()


def _configured(config_file: str | None) -> Path | None:
    if config_file is None and os.access(DEFAULT_CONFIG, os.R_OK):
        config_file = DEFAULT_CONFIG
    return Path(config_file) if config_file else None


def stages(config_file: str | None, playbooks: "Iterable[Playbook]") -> dict[str, str | None]:
    """Return how far each playbook has come on this host, by name; None: who asks cannot look into the state.

    Raises:
        ConfigError: The configuration has faults.
        StateError: The state is damaged.
    """
    path = _configured(config_file)
    limits = remembered.load(path, None).policy.limits if path else Limits()
    if path is None or not _has_state(path):
        return {playbook.name: stage(playbook, NO_HISTORY, limits) for playbook in playbooks}
    try:
        with reading(str(path)) as (_, state):
            return {p.name: stage(p, state.actions.history(p.name), limits) for p in playbooks}
    except StateError as error:
        if isinstance(error.__cause__, PermissionError):
            return dict.fromkeys(playbook.name for playbook in playbooks)
        raise


@contextmanager
def taught(config_file: str | None) -> Iterator["Exemplars | None"]:
    """Yield what people of this host said faults are, by the configuration that `library` goes by; None: nothing.

    Who may not look into the state is told so, and answered without it.

    Raises:
        ConfigError: The configuration has faults.
        StateError: The state is damaged.
        AuditError: What was said cannot be opened: its key is gone.
        ForgedError: The same, because this agent has not written it.
    """
    path = _configured(config_file)
    with ExitStack() as opened:
        state = None
        if path and _has_state(path):
            try:
                _, state = opened.enter_context(reading(str(path)))
            except StateError as error:
                if not isinstance(error.__cause__, PermissionError):
                    raise
                _complain("what was relabelled on this host is for root and the owner of state_dir, and is left out")
        yield state.exemplars if state else None


def _has_state(path: Path) -> bool:
    try:
        (remembered.load(path, None).state_dir / "state.db").stat()
    except FileNotFoundError:
        return False
    except OSError:  # it is not for everybody to look into
        return True
    return True


def _become_owner(state_dir: Path) -> None:
    """Act as the owner of state_dir when called by root: a file made by root there would lock the agent out."""
    if os.geteuid() != 0 or not state_dir.exists():
        return
    owner = state_dir.stat().st_uid
    if owner == 0:
        return
    try:
        entry = pwd.getpwuid(owner)
    except KeyError:  # a dynamic user of systemd that is not running now
        os.setgroups([])
        os.setgid(state_dir.stat().st_gid)
    else:
        os.setgroups(os.getgrouplist(entry.pw_name, entry.pw_gid))
        os.setgid(entry.pw_gid)
    os.setuid(owner)
    for place in (Path(__file__).parent, Path(os.__file__), Path(sys.prefix)):
        if not os.access(place, os.R_OK):
            raise UsageError(
                f"the owner of {state_dir} (uid {owner}), as whom root acts, cannot read {place}",
                hint="install aiops-agent where everyone can read it: make install PREFIX=/opt/aiops-agent",
            )


@contextmanager
def reading(config_file: str) -> Iterator[tuple[Session, State]]:
    """Open the state to look at it; writes nothing.

    Raises:
        AuditError: Something could not be opened and was shown as withheld: its key is gone.
        ForgedError: The same, because this agent has not written it.
    """
    session = start(config_file)
    with State.look_at(session.config.state_dir, LateCipher(session.config)) as state:
        yield session, state
        if state.vault.failure:
            raise state.vault.failure


@contextmanager
def acting(config_file: str, *, delivers: bool = False) -> Iterator[tuple[Session, Agent]]:
    """Take the lock and open everything, for a command that changes something; `delivers` as in `start`.

    Raises:
        UsageError: Another scan or command holds the lock for longer than `LOCK_WAIT`.
    """
    session = start(config_file, create=True, delivers=delivers)
    with exclusive(session.config.state_dir, wait=LOCK_WAIT) as locked:
        if not locked:
            raise UsageError(
                "another scan is at work and holds the lock", hint="try again when it is done, or `halt` it"
            )
        with (
            State.open(session.config.state_dir, LateCipher(session.config)) as state,
            build(session.config, state, session.world) as agent,
        ):
            yield session, agent


def user() -> str:
    """Return who typed the command, for the record: the kernel's login uid, the login behind sudo, or who runs this."""
    login = _login()
    name = os.environ.get("SUDO_USER") if login is None else None
    return f"user:{name or name_of(os.getuid() if login is None else login)}"


def _login() -> int | None:
    """Return who logged in, as the kernel knows it; None: nobody did, as in a job of the system."""
    try:
        login = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):  # the kernel was built without it
        return None
    return None if login == NOBODY_LOGGED_IN else login
