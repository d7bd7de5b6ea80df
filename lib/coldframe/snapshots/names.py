"""Names that may become folders and files: checked, so that none can leave the store."""

from __future__ import annotations

import re

from coldframe.errors import ConfigurationError

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,119}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
RESERVED_TAGS = frozenset({"latest"})


def check_name(kind: str, name: str) -> str:
    """Return `name` if it is safe as a file name on every system, else raise.

    Parameters
    ----------
    kind : str
        What is named (dataset, table, tag, owner of a pin), for the message.
    name : str
        A lower-case letter, then up to 119 of ``a-z 0-9 _ . -``; no ``..``, no final dot.

    Raises
    ------
    ConfigurationError
        The name could leave its folder, or would be another file on another system.

    Examples
    --------
    >>> check_name("dataset", "flights.scored")
    'flights.scored'
    >>> check_name("tag", "../../etc/passwd")
    Traceback (most recent call last):
    coldframe.errors.ConfigurationError: This cannot be the name of a tag.
      expected: a lower-case letter, then up to 119 of a-z 0-9 _ . - without '..'
      found:    '../../etc/passwd'
    """
    sound = isinstance(name, str) and _NAME.fullmatch(name)
    if not sound or ".." in name or name.endswith("."):
        raise ConfigurationError(
            f"This cannot be the name of a {kind}.",
            expected="a lower-case letter, then up to 119 of a-z 0-9 _ . - without '..'",
            found=repr(name),
        )
    return name


def check_tag(name: str) -> str:
    """Return `name` if it can be a tag: a name that means nothing else after the ``@``."""
    if name in RESERVED_TAGS:
        raise ConfigurationError(
            f"'{name}' always means the newest version and cannot be a tag.",
            remedy="choose another name",
        )
    return check_name("tag", name)


def is_digest(text: object) -> bool:
    """Tell whether `text` is a SHA-256 in 64 lower-case hexadecimal digits."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def check_digest(kind: str, text: str) -> str:
    """Return `text` if it is a SHA-256 in hexadecimal digits, else raise ConfigurationError."""
    if not is_digest(text):
        raise ConfigurationError(
            f"This cannot be the digest of a {kind}.",
            expected="a SHA-256 in 64 lower-case hexadecimal digits",
            found=repr(text),
        )
    return text
