"""`python -m aiops_agent`, and what `aiops-agent` runs: the quiet tick first, everything else after."""

import sys

INTERRUPTED = 130


def main() -> int:
    """Run the command line and return its exit code."""
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:  # caught here because importing what a command needs takes a second too
        sys.stderr.write("aiops-agent: interrupted; nothing is lost, the next scan goes on from here\n")
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["scan"]:
        # A tick with nothing to do must cost next to nothing: it is decided before anything heavy is imported.
        from aiops_agent.sources import quiet

        code = quiet.scan(arguments[1:])
        if code is not None:
            return code
    from aiops_agent.cli.main import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
