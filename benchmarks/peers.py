"""The programs that are measured beside ours, fetched once into `.bench/`; nothing is installed or started."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".bench"
PATTERNS = HERE / "patterns.txt"


class MissingError(Exception):
    """A program that is to be measured cannot be had here; says why."""


def ripgrep(log: Path) -> list[str]:
    """Return the command that counts the lines with an error; ripgrep 15, as the package of its binaries has it."""
    found = sorted((CACHE / "npm" / "node_modules" / "@vscode").glob("ripgrep-*/bin/rg"))
    if not found:
        fetch("npm", "install", "--prefix", CACHE / "npm", "--no-audit", "--no-fund", "@vscode/ripgrep@^1.18")
        found = sorted((CACHE / "npm" / "node_modules" / "@vscode").glob("ripgrep-*/bin/rg"))
    if not found:
        raise MissingError("@vscode/ripgrep has no binary for this machine")
    return [str(found[0]), "-c", "-f", str(PATTERNS), str(log)]


def fail2ban(log: Path) -> list[str]:
    """Return the command of its own checker: one expression for all patterns, no search for dates."""
    program = shutil.which("fail2ban-regex")
    words = [program] if program else [sys.executable, str(_unpacked() / "usr" / "bin" / "fail2ban-regex")]
    return [*words, "-d", "{NONE}", str(log), f"<F-ID>{'|'.join(patterns())}</F-ID>"]


def drain3(log: Path) -> list[str]:
    """Return the command that gives the lines with an error to Drain3."""
    if not (CACHE / "drain3" / "drain3").exists():
        fetch(sys.executable, "-m", "pip", "--quiet", "install", "--target", CACHE / "drain3", "drain3>=0.9.11,<2")
    return [sys.executable, str(HERE / "drain.py"), str(log)]


def python_path() -> str:
    """Return where Python finds what was fetched."""
    return f"{CACHE / 'drain3'}:{CACHE / 'fail2ban' / 'usr' / 'lib' / 'python3' / 'dist-packages'}"


def patterns() -> list[str]:
    """Return the expressions that tell an error line, for `re` as for ripgrep."""
    return PATTERNS.read_text(encoding="utf-8").splitlines()


def _unpacked() -> Path:
    target = CACHE / "fail2ban"
    if not target.exists():
        packages = CACHE / "deb"
        packages.mkdir(parents=True, exist_ok=True)
        fetch("apt-get", "download", "--quiet", "fail2ban", folder=packages)
        fetch("dpkg", "-x", next(packages.glob("fail2ban_*.deb")), target)
    return target


def fetch(program: str, *words: str | Path, folder: Path | None = None) -> None:
    """Run a program that fetches or unpacks something.

    Raises:
        MissingError: It is not there, or fails.
    """
    try:
        done = subprocess.run([program, *map(str, words)], check=False, capture_output=True, text=True, cwd=folder)
    except FileNotFoundError as error:
        raise MissingError(f"{Path(program).name} is not installed") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise MissingError(f"{Path(program).name} failed: {''.join(last)}")
