"""Probes and changes of files: by folder descriptors, one name at a time, never through a link, regular files only."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from aiops_agent.model.playbook import Command, CommandResult, Planned, Scalar
from aiops_agent.noun import replace
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.rename import rename_onto_nothing
from aiops_agent.playbook.verb import root_of

_FOLDER = os.O_RDONLY | os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LARGEST = 1024 * 1024
"""Of a file that is read whole: a configuration or a pid file."""

_MOST_ASIDE = 9
"""Copies kept aside within one second."""


@contextmanager
def folder_of(path: str, root: str | None = None) -> Iterator[tuple[int, str]]:
    """Open the folder a path lies in and give its descriptor and the last name.

    Args:
        path: Absolute, as `kinds.parse_path` takes it.
        root: A folder that the walk has to come through, and below which it stays on one mount: what openat2(2) calls
            RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_XDEV.

    Raises:
        RefusedError: A link is on the way: where it leads can be changed while we look. Or it leaves the root.
        OSError: A folder is missing or closed to us.
    """
    *folders, name = path.split("/")[1:]
    descriptor = os.open("/", _FOLDER)
    walked, mount = "", None
    if root is not None and not path.startswith(f"{root.rstrip('/')}/"):
        raise RefusedError(f"{path} is not below {root or 'a declared root'}")
    try:
        if root == "/":
            mount = _mount_of(descriptor)
        for folder in folders:
            walked += f"/{folder}"
            below = _enter(descriptor, folder, walked)
            os.close(descriptor)
            descriptor = below
            if walked == root:
                mount = _mount_of(descriptor)
            elif mount is not None and _mount_of(descriptor) != mount:
                raise RefusedError(f"{walked} is on another mount than {root}; declare it as a root of its own")
        yield descriptor, name
    finally:
        os.close(descriptor)


@contextmanager
def folder_to_change(command: Command, argument: str = "path") -> Iterator[tuple[int, str]]:
    """Open the folder in which a command may change something: below the root that was declared for that argument.

    Of an argument that is a folder, this is the folder itself, and the name is a dot.

    Raises:
        RefusedError: No root was declared, or the way leaves it.
        OSError: A folder is missing or closed to us.
    """
    path, root = str(command.arguments[argument]), str(command.arguments.get(root_of(argument), ""))
    is_folder = vocabulary.VERBS[command.verb].rooted.get(argument, False)
    if not root:
        raise RefusedError(f"{path} lies below no declared root")
    with folder_of(f"{path}/." if is_folder else path, root) as found:
        yield found


@contextmanager
def opened_folder(parent: int) -> Iterator[int]:
    """Open a folder that was only walked to, for its names."""
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        yield folder
    finally:
        os.close(folder)


def _mount_of(descriptor: int) -> bytes:
    """Return the kernel's number of the mount that an open file is on: a bind mount has its own, on the same device."""
    told = Path(f"/proc/self/fdinfo/{descriptor}").read_bytes().splitlines()
    return next(line.split()[1] for line in told if line.startswith(b"mnt_id:"))


def _enter(parent: int, folder: str, walked: str) -> int:
    try:
        return os.open(folder, _FOLDER, dir_fd=parent)
    except NotADirectoryError as error:
        raise RefusedError(f"{walked} is a link or no folder; write the path it leads to") from error
    except OSError as error:
        raise OSError(error.errno, error.strerror, walked) from error


def status_of(folder: int, name: str, path: str) -> os.stat_result:
    """Return the status of a regular file.

    Raises:
        RefusedError: It is something else.
        FileNotFoundError: It is not there.
    """
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, error.strerror, path) from error
    return _regular(status, path)


def _regular(status: os.stat_result, path: str) -> os.stat_result:
    if stat.S_ISLNK(status.st_mode):
        raise RefusedError(f"{path} is a link")
    if not stat.S_ISREG(status.st_mode):
        raise RefusedError(f"{path} is not a regular file")
    return status


def changeable(folder: int, name: str, path: str) -> os.stat_result:
    """Return the status of a regular file that may be changed.

    Raises:
        RefusedError: It has a second name, which may be someone else's. It is mounted here from elsewhere. Or it is not
            of the folder's owner, in a folder that is not root's: somebody put another's file in our way.
        FileNotFoundError: It is not there.
    """
    status = status_of(folder, name, path)
    if status.st_nlink != 1:
        raise RefusedError(f"{path} has {status.st_nlink} names (hard links)")
    around = os.fstat(folder)
    if around.st_uid not in (0, status.st_uid):
        raise RefusedError(f"{path} is not of the owner of its folder (uid {status.st_uid}, not {around.st_uid})")
    descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        if _mount_of(descriptor) != _mount_of(folder):
            raise RefusedError(f"{path} is mounted there from elsewhere")
    finally:
        os.close(descriptor)
    return status


def read(path: str, root: str | None = None) -> tuple[bytes, os.stat_result]:
    """Return the content and status of a small regular file, which lies below `root` if there is one."""
    with folder_of(path, root) as (folder, name):
        status_of(folder, name, path)  # before it is opened: a device may act on that
        with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
            status = _regular(os.fstat(file.fileno()), path)
            content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise RefusedError(f"{path} is larger than {_LARGEST // 1024} KiB")
    return content, status


def file_exists(command: Command) -> CommandResult:
    """Look for a regular file."""
    path = str(command.arguments["path"])
    with folder_of(path) as (folder, name):
        status_of(folder, name, path)
    return CommandResult(ok=True, detail=f"{path} is there")


def file_absent(command: Command) -> CommandResult:
    """Look for nothing."""
    path = str(command.arguments["path"])
    try:
        with folder_of(path) as (folder, name):
            os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return CommandResult(ok=True, detail=f"{path} is not there")
    return CommandResult(ok=False, detail=f"{path} is there")


def older_than(command: Command, now: datetime) -> CommandResult:
    """Compare when a file was last written."""
    path = str(command.arguments["path"])
    with folder_of(path) as (folder, name):
        age = now.timestamp() - status_of(folder, name, path).st_mtime
    return CommandResult(ok=age > float(command.arguments["age"]), detail=f"{path} was last written {age:.0f} s ago")


def disk_use(command: Command) -> CommandResult:
    """Compare how much of a file system is used, as df counts: of what is not kept for root."""
    path, given = str(command.arguments["path"]), command.arguments
    with folder_of(f"{path.rstrip('/')}/.") as (folder, _):
        figures = os.fstatvfs(folder)
    used = figures.f_blocks - figures.f_bfree
    percent = 100 * used / max(used + figures.f_bavail, 1)
    ok = percent > float(given["above"]) if "above" in given else percent < float(given["below"])
    return CommandResult(ok=ok, detail=f"{percent:.1f} % of the file system of {path} is used")


def inode_use(command: Command) -> CommandResult:
    """Compare how many inodes of a file system are used, as df -i counts; one that has no such limit proves nothing."""
    path, given = str(command.arguments["path"]), command.arguments
    with folder_of(f"{path.rstrip('/')}/.") as (folder, _):
        figures = os.fstatvfs(folder)
    if figures.f_files == 0:
        raise RefusedError(f"the file system of {path} does not count inodes")
    percent = 100 * (figures.f_files - figures.f_ffree) / figures.f_files
    ok = percent > float(given["above"]) if "above" in given else percent < float(given["below"])
    return CommandResult(ok=ok, detail=f"{percent:.1f} % of the inodes of the file system of {path} are used")


def plan_move_aside(command: Command, now: datetime) -> Planned:
    """Decide which file is moved, and to which name."""
    path = str(command.arguments["path"])
    with folder_to_change(command) as (folder, name):
        before = changeable(folder, name, path)
        aside = _free_name(folder, name, now)
    return _keeping(command, aside, before, over="")


def move_aside(command: Command) -> CommandResult:
    """Rename a file within its folder: the one that was planned, to the name that was planned."""
    path, aside, inode = (command.arguments[name] for name in ("path", "aside", "inode"))
    kept = str(aside).rpartition("/")[2]
    with folder_to_change(command) as (folder, name):
        if changeable(folder, name, str(path)).st_ino != inode:
            raise RefusedError(f"{path} was replaced while it was looked at")
        rename_onto_nothing(folder, name, kept)
        if os.stat(kept, dir_fd=folder, follow_symlinks=False).st_ino != inode:
            rename_onto_nothing(folder, kept, name)
            raise RefusedError(f"{path} was replaced while it was looked at")
    return CommandResult(ok=True, detail=f"moved {path} to {aside}")


def plan_restore_file(command: Command, now: datetime) -> Planned:
    """Decide which content comes in the place of which file, and under which name that is kept."""
    path = str(command.arguments["path"])
    with folder_to_change(command) as (folder, name):
        before = changeable(folder, name, path)
        content = _good_copy(command, like=before)
        aside = _free_name(folder, name, now)
    return _keeping(command, aside, before, over=hashlib.sha256(content).hexdigest())


def restore_file(command: Command) -> CommandResult:
    """Put a copy of a file in the place of another, which is kept aside; the place is never empty."""
    path, source, kept = (str(command.arguments[name]) for name in ("path", "from", "aside"))
    with folder_to_change(command) as (folder, name):
        before = changeable(folder, name, path)
        content = _good_copy(command, like=before)
        if hashlib.sha256(content).hexdigest() != command.arguments["over"]:
            raise RefusedError(f"{source} was changed while it was looked at")
        if before.st_ino != command.arguments["inode"]:
            raise RefusedError(f"{path} was replaced while it was looked at")
        fresh, aside = _fresh(name), kept.rpartition("/")[2]
        with suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=folder)  # of a run that was cut short
        with ExitStack() as undo:
            _fill(_made(folder, fresh, undo), content, like=before)
            os.link(name, aside, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            undo.callback(os.unlink, aside, dir_fd=folder)
            os.rename(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
            undo.pop_all()
    return CommandResult(ok=True, detail=f"put a copy of {source} in the place of {path}, kept as {kept}")


def put_back(command: Command) -> CommandResult:
    """Give a file that was kept aside its name again, unless something else came to stand there meanwhile.

    What it finds says how far the change came, and an earlier taking back: it can be done at any time, and again.
    """
    path, kept, inode, over = (command.arguments[name] for name in ("path", "aside", "inode", "over"))
    aside = str(kept).rpartition("/")[2]
    with folder_to_change(command) as (folder, name):
        if over:
            with suppress(FileNotFoundError):
                os.unlink(_fresh(name), dir_fd=folder)  # a copy that never came into its place
        here, there = _inode(folder, name), _inode(folder, aside)
        if there is None and here == inode:
            return CommandResult(ok=True, detail=f"{path} is the file it was")
        if there != inode:
            raise RefusedError(f"{kept} is not there" if there is None else f"{kept} is not what was kept there")
        if here == inode:  # cut off when it had both names
            os.unlink(aside, dir_fd=folder)
        elif here is None:
            rename_onto_nothing(folder, aside, name)
        elif not over:
            raise RefusedError(f"{path} was made anew since; {kept} is left beside it")
        elif hashlib.sha256(read(str(path))[0]).hexdigest() != over:
            raise RefusedError(f"{path} was changed since; {kept} is left beside it")
        else:
            os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    return CommandResult(ok=True, detail=f"moved {kept} back to {path}")


def _good_copy(command: Command, *, like: os.stat_result) -> bytes:
    source = str(command.arguments["from"])
    content, origin = read(source, str(command.arguments.get(root_of("from"), "")))
    if origin.st_nlink != 1 and origin.st_uid != like.st_uid:
        raise RefusedError(f"{source} has {origin.st_nlink} names (hard links), and may be another file of its owner's")
    if origin.st_mode & stat.S_IWOTH:
        raise RefusedError(f"anyone can write {source}; it is not taken for a good copy")
    if origin.st_uid not in (0, like.st_uid):
        raise RefusedError(f"{source} is neither root's nor of the owner of what it would replace (uid {like.st_uid})")
    return content


def _keeping(command: Command, aside: str, before: os.stat_result, *, over: str) -> Planned:
    """Return a change that keeps a file under another name; `over`: the digest of what comes in its place."""
    path = str(command.arguments["path"])
    decided: dict[str, Scalar] = {"aside": f"{path.rpartition('/')[0]}/{aside}", "inode": before.st_ino, "over": over}
    planned = replace(command, arguments={**command.arguments, **decided})
    where: dict[str, Scalar] = {"path": path, root_of("path"): command.arguments[root_of("path")]}
    undo = vocabulary.command("put_back", {**where, **decided}, privileged=command.privileged)
    return Planned(planned, undo)


def _free_name(folder: int, name: str, now: datetime) -> str:
    """Return a name for a copy kept aside that nobody has."""
    stem = f"{name}.aside-{now:%Y%m%dT%H%M%SZ}"
    for aside in (stem, *(f"{stem}-{number}" for number in range(2, _MOST_ASIDE + 1))):
        if _inode(folder, aside) is None:
            return aside
    raise RefusedError(f"{stem} and its like are taken")


def _fresh(name: str) -> str:
    return f".{name}.restored"


def _inode(folder: int, name: str) -> int | None:
    """Return which file has a name; None: none has. A link is a file of its own."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino
    except FileNotFoundError:
        return None


def _made(folder: int, name: str, undo: ExitStack) -> int:
    """Make a file and return its descriptor: by its name it could be another one a moment later."""
    descriptor = os.open(name, _CREATE, 0o600, dir_fd=folder)
    undo.callback(os.unlink, name, dir_fd=folder)
    return descriptor


def _fill(descriptor: int, content: bytes, *, like: os.stat_result) -> None:
    """Write a file durably, of the same owner and mode as another."""
    with os.fdopen(descriptor, "wb") as file:
        own(file.fileno(), like)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def own(descriptor: int, like: os.stat_result) -> None:
    """Give an open file the owner and mode of another.

    Raises:
        PermissionError: It would belong to someone else than that one does.
    """
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
