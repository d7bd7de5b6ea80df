"""Digests: the true names of bytes, of records, of code and of the environment."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import io
import json
import os
import platform
import sys
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Return the one JSON spelling of `value`: sorted keys, no spaces, UTF-8, no NaN.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def bytes_digest(data: bytes) -> str:
    """Return the SHA-256 of `data`, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def record_digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`."""
    return bytes_digest(canonical_json(value))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of the bytes of the file at `path`."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=2048)  # every stage asks about the same modules
def _imported(source: str, package: str) -> frozenset[str]:
    """Return every dotted name that `source` imports, also inside functions."""
    names: set[str] = set()
    for node in _statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
            stem = ".".join(filter(None, [base if node.level else "", node.module or ""]))
            names |= {stem} | {f"{stem}.{alias.name}" for alias in node.names}
    return frozenset(names)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement below `tree`, nested ones too; `ast.walk` visits ten times as much."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            below = getattr(node, block, ())
            todo += below if isinstance(below, list) else ()  # that of a lambda is an expression


def _module_files(name: str, root: str, folders: dict[str, set[str]]) -> Iterator[str]:
    """Yield the files below `root` that importing `name` executes, packages included.

    `folders` keeps which files are in a folder: a build asks thousands of times.
    """
    folder = root
    for part in name.split("."):
        if f"{part}.py" in _files_in(folder, folders):
            yield f"{folder}{os.sep}{part}.py"
        folder = f"{folder}{os.sep}{part}"
        if "__init__.py" in _files_in(folder, folders):
            yield f"{folder}{os.sep}__init__.py"


def _files_in(folder: str, folders: dict[str, set[str]]) -> set[str]:
    if folder not in folders:
        try:
            with os.scandir(folder) as entries:
                folders[folder] = {entry.name for entry in entries if entry.is_file()}
        except (FileNotFoundError, NotADirectoryError):
            folders[folder] = set()
    return folders[folder]


def code_files(sources: Iterable[str], root: Path) -> list[Path]:
    """Return all files below `root` that `sources` (Python text) import, directly or not.

    Imports are read, not executed, so this is cheap, sees lazy imports inside functions, and
    works for code that is broken just now. A name imported by a computed string is not seen.
    """
    todo = set().union(*[_imported(source, "") for source in sources])
    seen: set[str] = set()
    files: dict[str, Path] = {}
    folders: dict[str, set[str]] = {}
    while todo:
        name = todo.pop()
        seen.add(name)
        for found in _module_files(name, str(root), folders):
            if found in files:
                continue
            path = files[found] = Path(found)
            package = ".".join(path.relative_to(root).with_suffix("").parts[:-1])
            try:
                todo |= _imported(path.read_text("utf-8"), package) - seen
            except SyntaxError:
                continue  # its bytes still count; the notebook will report the error itself
    return sorted(files.values())


@lru_cache(maxsize=256)  # of the same few files several times in a build
def strip_comments(source: str) -> str:
    r"""Return Python text without comments and empty lines, the rest as it is.

    Examples
    --------
    >>> strip_comments("x = 1  # one\n\n# two\ny = '# three'\n")
    "x = 1\ny = '# three'\n"
    """
    lines = io.StringIO(source).readlines()  # as the tokenizer counts them
    empty = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row, column = token.start[0] - 1, token.start[1]
        if token.type == tokenize.COMMENT:
            lines[row] = lines[row][:column].rstrip() + "\n"
        elif token.type == tokenize.NL and not lines[row].strip():
            empty.add(row)  # not one within a string, which is no token of its own
    return "".join(line for row, line in enumerate(lines) if row not in empty)


def source_digest(path: Path) -> str:
    """Return the SHA-256 of the Python file at `path`, whose comments do not count."""
    try:
        return bytes_digest(strip_comments(path.read_text("utf-8")).encode())
    except (SyntaxError, tokenize.TokenError, UnicodeDecodeError):
        return file_digest(path)  # whoever imports it will be told


def code_digest(sources: Iterable[str], root: Path) -> str:
    """Return one digest over `sources` and everything below `root` that they import.

    Comments do not count: they change nothing of what comes out.
    """
    texts = list(sources)
    files = {str(p.relative_to(root)): source_digest(p) for p in code_files(texts, root)}
    return record_digest({"sources": texts, "files": files})


@cache
def environment() -> dict[str, str]:
    """Return name and version of Python and of every installed distribution."""
    versions = {d.name.lower(): d.version for d in importlib.metadata.distributions()}
    return {**versions, "python": platform.python_version(), "platform": sys.platform}


def environment_digest() -> str:
    """Return one digest over `environment`."""
    return record_digest(environment())
