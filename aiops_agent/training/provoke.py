"""Faults provoked on a test machine -> families whose bodies are what the programs really wrote.

    python -m aiops_agent.training.provoke [--only ID ...]

runs the table of `faults.yaml` as root, each fault in a network, a process table and a folder of its own, and writes
`families/provoked/<category>.yaml`. What is not installed is said and left out.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import re2
import yaml

from aiops_agent.training.family import PROVOKED

TABLE = Path(__file__).resolve().parent / "faults.yaml"

CELL = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--uts")
"""Loopback only, a host name of its own, and whatever a fault starts ends with it: no server outlives its script."""

ENTER = 'ip link set lo up && hostname app-1 && exec "$@"'

ENVIRONMENT = MappingProxyType(
    {
        "PATH": f"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "no_proxy": "*",
        "USER": "root",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
)

CHINESE = "zh_CN"
LONGEST = 60
"""Lines kept of what a program wrote: the head of a dump of memory says which fault it is."""

PLACES = ("orders", "billing", "shop", "reports", "mail", "search", "ledger", "media")
"""Where a service lives under /srv, instead of in a temporary folder."""


class FaultError(Exception):
    """A fault did not happen, or another one did."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to make one program fail."""

    id: str
    category: str
    system: str
    runtime: str
    needs: tuple[str, ...]
    """Programs it starts."""

    script: str
    """For bash, in an empty folder. What it writes to its standard error is the record."""

    files: tuple[tuple[str, str], ...]
    """Name and text of each file put into the folder before."""

    says: str
    """A regular expression that the record matches, or another fault happened than was meant."""

    log: str
    """The file that holds the record instead, from the first line that matches; empty for none."""

    lines: int
    """Lines kept of the log."""

    chinese: bool
    """Whether it is provoked once more with the Chinese catalogue of the program."""

    limit: int
    """Seconds."""

    @property
    def missing(self) -> str | None:
        """Return the first program it needs that is not installed."""
        return next((one for one in self.needs if shutil.which(one, path=ENVIRONMENT["PATH"]) is None), None)


@dataclass(frozen=True, slots=True)
class Record:
    """What one fault made its program write."""

    fault: Fault
    locale: str
    text: str


def load_faults(path: Path = TABLE) -> list[Fault]:
    """Return the faults of a table, in order.

    Raises:
        ValueError: Two faults have the same id.
    """
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    faults = [_fault(entry, category, table) for category, entries in table["faults"].items() for entry in entries]
    twice = {one.id for one in faults if sum(one.id == other.id for other in faults) > 1}
    if twice:
        raise ValueError(f"{path}: ids used twice: {sorted(twice)}")
    return faults


def _fault(entry: dict[str, str], category: str, table: dict[str, dict[str, dict[str, str]]]) -> Fault:
    language = next((name for name in table["languages"] if name in entry), None)
    written = table["languages"][language] if language else {}
    stage = table["stages"][entry["stage"]] if "stage" in entry else {}
    defaults = written | stage
    run = entry.get("run", written.get("run", ""))
    needs = entry.get("needs") or defaults["needs"]
    return Fault(
        id=entry["id"],
        category=category,
        system=entry.get("system") or defaults["system"],
        runtime=entry.get("runtime") or defaults.get("runtime", "native"),
        needs=tuple(needs.split()),
        script=stage.get("before", "") + run,
        files=((written["file"], entry[language]),) if language else (),
        says=entry["says"],
        log=entry.get("log", ""),
        lines=int(entry.get("lines", 1)),
        chinese=bool(entry.get("chinese")),
        limit=int(entry.get("limit", 30)),
    )


def provoke(fault: Fault, *, cell: Sequence[str] = ()) -> list[Record]:
    """Return what the fault makes its program write, in English and, where the table asks for it, in Chinese.

    Raises:
        FaultError: It did not fail, wrote nothing, or wrote of something else.
    """
    text = _written(fault, cell, {})
    if not re2.search(fault.says, text):
        raise FaultError(f"{fault.id}: {fault.says!r} is not in what it wrote: {text!r}")
    records = [Record(fault, "en", text)]
    if fault.chinese:
        translated = _written(fault, cell, {"LANGUAGE": CHINESE})
        if not re2.search(r"\p{Han}", translated):
            raise FaultError(f"{fault.id}: no Chinese in what it wrote: {translated!r}")
        records.append(Record(fault, "zh", translated))
    return records


def _written(fault: Fault, cell: Sequence[str], more: dict[str, str]) -> str:
    with tempfile.TemporaryDirectory(prefix="provoked-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)  # other users take part: postgres, nobody
        for file, text in fault.files:
            (folder / file).write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(
                [*cell, "bash", "-c", fault.script],
                cwd=folder,
                env={**ENVIRONMENT, **more, "HOME": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=fault.limit,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FaultError(f"{fault.id}: still runs after {fault.limit} s") from error
        said = done.stderr.decode(errors="replace")
        if fault.log:
            said = _from_log(folder / fault.log, fault, said)
        elif done.returncode == 0:
            raise FaultError(f"{fault.id}: ended well")
    text = neutral(said, folder, fault.id)
    if not text:
        raise FaultError(f"{fault.id}: wrote nothing")
    return text


def _from_log(path: Path, fault: Fault, said: str) -> str:
    if not path.is_file():
        raise FaultError(f"{fault.id}: no {fault.log}: {said!r}")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    first = next((number for number, line in enumerate(lines) if re2.search(fault.says, line)), None)
    if first is None:
        raise FaultError(f"{fault.id}: {fault.says!r} is not in {fault.log}: {lines[-10:]} {said!r}")
    return "\n".join(lines[first : first + fault.lines])


_STAMP = re2.compile(
    r"(?m)^(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?: ?UTC|Z|[+-]\d\d:?\d\d)?:?[ |]+"
    r"|\d+:[XCSM] \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d+ |\[\w{3} \w{3} +\d+ [\d:.]+ \d{4}\] "
    r"|GMT \[\d+\] |\[\d\d-\w{3}-\d{4} [\d:]+(?: UTC)?\] |\d{10}: "
    r"|\w{3} +\d+ \d\d:\d\d:\d\d |\d\d-\w{3}-\d{4} [\d:.]+ )"
)
_CONTROL = re2.compile(r"\x1b\[[\d;]*m|[^\n\t\x20-\x7e\x{a0}-\x{ffff}]")


def neutral(text: str, folder: Path, seed: str) -> str:
    """Return the text as a service under /srv would have written it: no temporary folder, no stamps in front."""
    place = f"/srv/{PLACES[sum(seed.encode()) % len(PLACES)]}"
    text = text.replace(str(folder), place).replace(folder.name, place.rpartition("/")[2])
    text = _STAMP.sub("", _CONTROL.sub("", text))
    return "\n".join(line.rstrip() for line in text.splitlines()[:LONGEST]).strip("\n")


def write_families(records: Iterable[Record], folder: Path = PROVOKED) -> None:
    """Write one file a category, in the format of the families, sorted by id; what was there of other faults stays."""
    folder.mkdir(exist_ok=True)
    by_category: dict[str, list[Record]] = {}
    for record in records:
        by_category.setdefault(record.fault.category, []).append(record)
    for category, some in by_category.items():
        path = folder / f"{category}.yaml"
        before = yaml.safe_load(path.read_text(encoding="utf-8"))["families"] if path.exists() else []
        entries = {entry["id"]: entry for entry in (*before, *map(_entry, some))}
        written = {"category": category, "families": [entries[one] for one in sorted(entries)]}
        path.write_text(
            yaml.dump(written, Dumper=_Blocks, allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8"
        )


def _entry(record: Record) -> dict[str, object]:
    return {
        "id": f"provoked-{record.fault.id}{'-zh' if record.locale == 'zh' else ''}",
        "system": record.fault.system,
        "runtime": record.fault.runtime,
        "locale": record.locale,
        "bodies": [record.text.replace("{", "{{").replace("}", "}}")],
    }


class _Blocks(yaml.SafeDumper):
    """Writes texts of several lines as blocks, which a person can read."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _block)


def main() -> None:
    """Provoke the table, write what was said, and end with an error that names each fault that did not happen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", help="provoke these faults, and leave what others said as it is")
    chosen = parser.parse_args().only
    faults = [one for one in load_faults() if chosen is None or one.id in chosen]
    if chosen is None:
        shutil.rmtree(PROVOKED, ignore_errors=True)
    failed = []
    for fault in faults:
        if fault.missing:
            print(f"left out: {fault.id}: {fault.missing} is not installed", flush=True)
            continue
        try:
            records = provoke(fault, cell=(*CELL, "sh", "-c", ENTER, "cell"))
        except FaultError as error:
            failed.append(fault.id)
            print(f"did not happen: {error}", flush=True)
            continue
        write_families(records)
        print(f"{fault.category}: {fault.id}", flush=True)
    if failed:
        raise SystemExit(f"{len(failed)} did not happen: {' '.join(failed)}")


if __name__ == "__main__":
    main()
