"""Files that people write: YAML that says each thing once, and what is wrong with what it says.

Every finding names key, line, what was found and what was expected; all of them are told together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from coldframe.errors import ConfigurationError

Location = tuple[int | str, ...]
SHOWN = 80  # characters of a value
MERGE = "tag:yaml.org,2002:merge"
NEVER: frozenset[int] = frozenset()


class Record(BaseModel):
    """Base of what such files hold: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Misstatement:
    """One thing that a record says and that cannot be.

    Parameters
    ----------
    at : tuple of str or int
        Its key, from the record downwards.
    found : object
        What stands there.
    expected : str
        What could stand there.
    why : str, optional
        What is wrong with what was found, where that is not plain.
    """

    at: Location
    found: object
    expected: str
    why: str = ""


def reject(found: Sequence[Misstatement]) -> None:
    """Raise if a validator of a pydantic model has found something; each under its own key."""
    if found:
        raise ValidationError.from_exception_data(
            "record",
            [
                {
                    "type": "value_error",
                    "loc": one.at,
                    "input": one.found,
                    "ctx": {"error": ValueError(one.expected, one.why)},
                }
                for one in found
            ],
        )


class _Lines:
    """For PyYAML's loaders, which say no line where a date is not in the calendar."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)  # type: ignore[misc]  # a mix-in
        except ValueError as error:
            told = f"{node.value}: {error}"
            raise yaml.constructor.ConstructorError(None, None, told, node.start_mark) from error


class _Loader(_Lines, yaml.SafeLoader):
    """The one that tells best what is wrong, and where."""


class _FastLoader(_Lines, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in C, ten times faster, where PyYAML has it; so its base is not typed."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that the YAML file at `path` holds; an empty file is an empty one.

    Raises
    ------
    ConfigurationError
        The file is not UTF-8, not YAML, says a key twice, or holds something else than keys and
        values; names the line.
    """
    data = path.read_bytes()
    try:
        try:
            values, doubled = _load(_FastLoader, data.decode())
        except yaml.YAMLError:
            values, doubled = _load(_Loader, data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _no_yaml(path, line, f"{error.reason} at byte {error.start}") from error
    except yaml.MarkedYAMLError as error:
        raise _misspelled(path, error) from error
    except yaml.reader.ReaderError as error:
        line = data.decode().count("\n", 0, error.position) + 1
        raise _no_yaml(path, line, f"{error.reason}: {error.character!r}") from error
    if doubled:
        raise ConfigurationError(
            f"{path.name} says a key more than once; only one of them would count.",
            where=f"{path}, line {doubled[0][2]}",
            found="; ".join(f"{key} on line {one} and on line {two}" for key, one, two in doubled),
            expected="each key once", remedy="leave one of them",
        )  # fmt: skip
    if values is not None and not isinstance(values, dict):
        raise ConfigurationError(
            f"{path.name} holds no keys.",
            where=str(path),
            expected="lines of the form 'key: value'",
            found=type(values).__name__,
        )
    return values or {}


def _load(kind: type[yaml.SafeLoader], text: str) -> tuple[Any, list[tuple[str, int, int]]]:
    """Return what `text` holds, and the keys that it says twice, which makes the first void."""
    loader = kind(text)
    try:
        node = loader.get_single_node()
        doubled = list(_doubled_keys(loader, node))
        values = loader.construct_document(node) if node is not None and not doubled else None
    finally:
        loader.dispose()
    return values, doubled


def _no_yaml(
    path: Path, line: int | None, found: str, *, expected: str = "YAML in UTF-8"
) -> ConfigurationError:
    return ConfigurationError(
        f"{path.name} is not YAML.",
        where=f"{path}, line {line}" if line else str(path),
        found=found, expected=expected,
        remedy="mend this line, or one above it if a quote or a bracket is not closed",
    )  # fmt: skip


def _misspelled(path: Path, error: yaml.MarkedYAMLError) -> ConfigurationError:
    """Return PyYAML's finding as an error of ours; it may show long after it began."""
    begun = f" from line {error.context_mark.line + 1} on" if error.context_mark else ""
    told = [f"{error.context}{begun}"] if error.context else []
    told += [error.problem] if error.problem else []
    mark = error.problem_mark or error.context_mark
    line, found = mark.line + 1 if mark else None, ": ".join(told)
    if "escape character" in found:
        wanted = "single quotes around text with backslashes, a regular expression say"
        return _no_yaml(path, line, found, expected=wanted)
    return _no_yaml(path, line, found)


def _doubled_keys(
    loader: yaml.SafeLoader, node: yaml.Node | None, above: str = "", seen: frozenset[int] = NEVER
) -> Iterator[tuple[str, int, int]]:
    """Yield key, first and second line of what a mapping says twice; PyYAML takes the last."""
    if id(node) in seen:  # an alias of what it stands in
        return
    inside = seen | {id(node)}
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _doubled_keys(loader, item, f"{above}{number}.", inside)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[Any, int] = {}
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            # two spellings may be one key; `<<` is none, it takes over those of another mapping
            name = key.value if key.tag == MERGE else loader.construct_object(key)
            if name in lines:
                yield f"{above}{key.value}", lines[name], key.start_mark.line + 1
            lines.setdefault(name, key.start_mark.line + 1)
            yield from _doubled_keys(loader, value, f"{above}{key.value}.", inside)


def refuse(
    error: ValidationError, model: type[BaseModel], *, what: str, path: Path, remedy: str,
    unsaid: str | None = None,
) -> ConfigurationError:  # fmt: skip
    """Return the error for a file that `model` does not accept, with all findings.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    model : type
        The record that the file as a whole is.
    what : str
        What went wrong, in one sentence.
    path : Path
        The file.
    remedy : str
        What to do about it.
    unsaid : str, optional
        The key of the record that no file says.
    """
    node = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader) if path.is_file() else None
    told = []
    for item in error.errors():
        at = item["loc"]
        found, expected = _describe(item, model, unsaid)
        told.append((".".join(map(str, at)) or "the whole file", _line(node, at), found, expected))
    if len(told) == 1:
        key, line, found, expected = told[0]
        where = f"{path}, line {line}, {key}" if line else f"{path}, {key}"
        return ConfigurationError(what, where=where, found=found, expected=expected, remedy=remedy)
    findings = [
        f"{key}{f' (line {line})' if line else ''}: found {found}, expected {expected}"
        for key, line, found, expected in told
    ]
    return ConfigurationError(what, where=str(path), found="; ".join(findings), remedy=remedy)


def _describe(
    item: Mapping[str, Any], model: type[BaseModel], unsaid: str | None
) -> tuple[str, str]:
    """Return what was found and what was expected."""
    found, said, at = repr(item["input"]), str(item["msg"]), item["loc"]
    found = found if len(found) <= SHOWN else found[: SHOWN - 1] + "…"
    if item["type"] == "missing":
        return "nothing", "a value"
    if item["type"] == "extra_forbidden":
        known = [key for key in _keys(model, at) if key != unsaid]
        return f"{at[-1]}: {found}", f"one of the keys {', '.join(known)}"
    if item["type"] == "string_type" and isinstance(item["input"], bool | int | float | date):
        return found, "text; YAML takes it for text if it stands in quotes"
    if item["type"] == "value_error":
        said, *why = item["ctx"]["error"].args
        return ": ".join([found, *filter(None, why)]), str(said)
    return found, said.removeprefix("Input should be ")


def _keys(model: type[BaseModel], at: Location) -> list[str]:
    """Return the keys that the record at `at` has."""
    steps = iter(at[:-1])
    for step in steps:
        kind = model.model_fields[str(step)].annotation
        if get_origin(kind) in (dict, tuple, list):  # many records, each under a name or a number
            next(steps)
        model = next(k for k in (kind, *get_args(kind)) if _is_record(k))
    return list(model.model_fields)


def _is_record(kind: object) -> bool:
    return get_origin(kind) is None and isinstance(kind, type) and issubclass(kind, BaseModel)


def _line(node: yaml.Node | None, at: Location) -> int | None:
    """Return the line on which the key at `at` stands; of one that is missing, its parent's."""
    line = None
    for step in at:
        if isinstance(node, yaml.MappingNode):
            pairs = [pair for pair in node.value if pair[0].value == str(step)]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
