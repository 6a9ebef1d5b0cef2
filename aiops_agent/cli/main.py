"""Arguments -> command -> exit code; every error of ours becomes a message and a way out, never a traceback."""

import errno
import io
import sys
from collections.abc import Sequence

from aiops_agent.cli.plain import plain_scan
from aiops_agent.errors import AgentError, StateError

EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EIO))
"""What any line of any command may meet, an import included: the host is to blame, and a person can mend it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def run(argv: Sequence[str]) -> int:
    """Run one command line; see `errors` for what each exit code means."""
    # A path or a record may hold what is no UTF-8: shown as an escape, never a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = plain_scan(argv) or _parsed(argv)
    try:
        code = arguments.command(arguments)
    except AgentError as error:
        print(f"aiops-agent: {error}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `| head` has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:
        if error.errno not in EXHAUSTED:
            raise
        print(f"aiops-agent: {error.strerror}: {error.filename or 'while at work'!a}", file=sys.stderr)
        print("  make room on the host; what was not kept is read again by the next scan", file=sys.stderr)
        return StateError.exit_code
    return int(code)


def _parsed(argv: Sequence[str]) -> "argparse.Namespace":
    from aiops_agent.cli.arguments import parser

    return parser().parse_args(argv)
