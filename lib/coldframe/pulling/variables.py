"""Variables of the environment in a URL: filled in when it is used, taken out of what is told."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from coldframe.errors import EnvironmentFaultError
from coldframe.pulls import VARIABLE, Pull


def fill_in(pull: Pull, *, where: str) -> str:
    """Return the URL of `pull` with its variables filled in.

    Raises
    ------
    EnvironmentFaultError
        One of them is not set, or is empty.
    """
    lacking = [name for name in pull.variables if not os.environ.get(name)]
    if lacking:
        raise EnvironmentFaultError(
            "A variable of the environment is not set.", where=where, expected=", ".join(lacking),
            found="nothing", remedy=f"export {lacking[0]}=...; its value is stored nowhere",
        )  # fmt: skip
    return VARIABLE.sub(lambda found: os.environ[found[1]], pull.url)


def conceal(text: str, pull: Pull) -> str:
    """Return `text` without the values of the variables in the URL of `pull`.

    Drivers quote what they were given when something fails.

    Examples
    --------
    >>> os.environ["DB_URL"] = "postgresql://jane:s%40cret@db.example.org/shop"
    >>> conceal("jane:s@cret is not let in", Pull(url="${DB_URL}"))
    'jane:*** is not let in'
    """
    values = {os.environ.get(name, ""): f"${{{name}}}" for name in pull.variables}
    told = {**values, **{word: "***" for value in values for word in _passwords(value)}}
    for value in sorted(filter(None, told), key=len, reverse=True):
        text = text.replace(value, told[value])
    return text


def _passwords(url: str) -> Iterable[str]:
    """Return the password of a URL, as it stands there and as it is typed."""
    try:
        found = urlsplit(url).password
    except ValueError:
        return ()
    return (found, unquote(found)) if found else ()
