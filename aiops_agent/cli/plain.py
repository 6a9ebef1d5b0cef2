"""The `scan` of a timer, its arguments read without argparse: building the whole command line takes 15 ms."""

from collections.abc import Sequence

from aiops_agent.hints import cast
from aiops_agent.sources.quiet import DEFAULT_CONFIG

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

_SWITCHES = {"--json": "json", "--check": "check", "--dry-run": "dry_run"}


class PlainArguments:
    """What argparse would give for the same words."""

    def __init__(self) -> None:
        self.config = DEFAULT_CONFIG
        self.json = self.check = self.dry_run = False

    def command(self, arguments: "argparse.Namespace") -> int:
        """Run the command."""
        from aiops_agent.cli.scan import scan

        return scan(arguments)


def plain_scan(argv: Sequence[str]) -> "argparse.Namespace | None":
    """Return the arguments of a `scan` whose options are all written out in full; None: argparse must read them."""
    if not argv or argv[0] != "scan":
        return None
    arguments = PlainArguments()
    left = iter(argv[1:])
    for word in left:
        if word in _SWITCHES:
            setattr(arguments, _SWITCHES[word], True)
            continue
        name, sign, value = word.partition("=")
        if name != "--config":
            return None
        if not sign:
            value = next(left, "-")
            if value.startswith("-"):  # a path is missing: argparse says so
                return None
        arguments.config = value
    return cast("argparse.Namespace", arguments)
