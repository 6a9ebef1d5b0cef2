"""Can a configuration file be parsed? Its settings are not judged, and nothing of it is shown: it may hold secrets."""

import configparser
import json
import tomllib
from collections.abc import Callable, Mapping

import yaml

from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook import files


def config(command: Command) -> CommandResult:
    """Parse a file and compare whether that went well."""
    path, form = str(command.arguments["path"]), str(command.arguments["format"])
    content, _ = files.read(path)
    found = "valid"
    try:
        _parse(form, content.decode("utf-8"))
    except (ValueError, RecursionError, yaml.YAMLError, configparser.Error):  # the others' faults are ValueErrors
        found = "invalid"
    return CommandResult(ok=found == command.arguments["is"], detail=f"{path} is {found} {form}")


def _parse(form: str, text: str) -> None:
    if not text.strip():
        raise ValueError("emptied, as by a full disk")
    _PARSERS[form](text)


def _parse_yaml(text: str) -> None:
    """Go through the events only: nothing is built, so no alias can make it grow."""
    for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
        pass


def _parse_ini(text: str) -> None:
    configparser.RawConfigParser(strict=False, allow_no_value=True).read_string(text)


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "json": json.loads,
    "yaml": _parse_yaml,
    "toml": tomllib.loads,
    "ini": _parse_ini,
}
