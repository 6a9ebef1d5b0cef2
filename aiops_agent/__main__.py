"""`python -m aiops_agent`, and what `aiops-agent` runs: the quiet tick first, everything else after."""

import os
import sys

INTERRUPTED = 130


def main() -> int:
    """Run the command line and return its exit code; a scan ends the process itself."""
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:  # caught here because importing what a command needs takes a second too
        pass
    except Exception as error:
        if not _is_interrupt(error):
            raise
    sys.stderr.write("aiops-agent: interrupted; nothing is lost, the next scan goes on from here\n")
    return INTERRUPTED


def _is_interrupt(error: Exception) -> bool:
    """Whether pydantic was building a model when it came: it wraps what it is interrupted by in an error of its own."""
    return type(error).__name__ == "SchemaError" and "KeyboardInterrupt" in str(error)


def _run(arguments: list[str]) -> int:
    if arguments[:1] != ["scan"]:
        from aiops_agent.cli.main import run

        return run(arguments)
    # A tick with nothing to do must cost next to nothing: it is decided before anything heavy is imported.
    from aiops_agent.sources import quiet

    code = quiet.scan(arguments[1:])
    if code is None:
        import gc

        gc.set_threshold(100_000)  # a short life makes little garbage: to look for it while modules load costs 8 ms
        from aiops_agent.cli.main import run

        code = run(arguments)
    return _leave(code)


def _leave(code: int) -> int:
    """End the process without taking it apart: all is committed and closed, and freeing it bit by bit costs 8 ms."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads it: the interpreter has its own words for that
        return code
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
