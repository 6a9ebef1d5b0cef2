"""Rename a file onto a free name, in one step of the kernel: there is no moment at which a kill leaves half of it."""

import ctypes
import errno
import os

from aiops_agent.playbook.refusal import RefusedError

_NOREPLACE = 1
"""RENAME_NOREPLACE of linux/fs.h; Python has no call for it."""


def rename_onto_nothing(folder: int, name: str, other: str) -> None:
    """Rename a file within a folder.

    Raises:
        FileExistsError: The other name is taken.
        RefusedError: The file system cannot do it in one step, as those over the network.
        OSError: It cannot be done.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.renameat2(folder, os.fsencode(name), folder, os.fsencode(other), _NOREPLACE) == 0:
        return
    error = ctypes.get_errno()
    if error == errno.EINVAL:
        raise RefusedError(f"the file system of {name} cannot rename a file without perhaps overwriting another")
    raise OSError(error, os.strerror(error), other if error == errno.EEXIST else name)
