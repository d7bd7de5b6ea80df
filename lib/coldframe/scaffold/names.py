"""Names of datasets: each is a YAML file and a package of Python, so not every word will do."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import keyword
import re
import sys

from coldframe.errors import ConfigurationError
from coldframe.settings import Settings
from coldframe.sources import NAME

LONGEST = 30
"""Characters of a name; it stands in paths, snapshot names and commands."""


def check_name(settings: Settings, name: str) -> None:
    """Raise unless a new dataset may be called `name`.

    Raises
    ------
    ConfigurationError
        It is no such name, a word of Python, or that of a module which it would hide.
    """
    why, remedy = _objection(settings, name)
    if why:
        raise ConfigurationError(
            "A dataset cannot have this name.", where="NAME", found=f"{name!r}: {why}",
            expected="small letters, digits and underscores, a letter first; it names "
            "datasets/NAME.yaml and the package lib/NAME",
            remedy=remedy,
        )  # fmt: skip


def _objection(settings: Settings, name: str) -> tuple[str, str]:
    """Return why `name` will not do, and another that might; nothing if it will."""
    if not re.fullmatch(NAME, name):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("0123456789_")
        return "it is spelled otherwise", f"coldframe new {near}" if near else "choose another"
    if len(name) > LONGEST:
        return f"it is longer than {LONGEST} characters", "shorten it"
    other = f"coldframe new {name}_data"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return "it is a word of Python", other
    if name == "coldframe":
        return "it is ours", other
    if name in sys.stdlib_module_names:
        return "it is a module of Python's own library", other
    path = [one for one in sys.path if one]
    found = importlib.machinery.PathFinder.find_spec(name, path)
    own = settings.lib / name
    if found is None:
        return "", ""
    places = [found.origin, *(found.submodule_search_locations or [])]
    if any(place and str(place).startswith(str(own)) for place in places):
        return "", ""  # this project's own: whether it may be replaced is another question
    return f"there is a module of that name, {found.origin or places[-1]}", other
