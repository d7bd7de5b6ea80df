"""Parameters of a notebook: plain values under declared names; papermill writes them as code."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Collection, Mapping

from coldframe.errors import ConfigurationError

Scalar = str | int | float | bool | None

_SECRET_NAME = re.compile(r"passw|secret|token|api_?key|credential|private_?key", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def _name_fault(name: object, declared: Collection[str]) -> str | None:
    """Return what is wrong with a parameter's name."""
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        return "is no name of a variable"
    if name not in declared:
        return "is not declared in the cell tagged 'parameters'"
    if _SECRET_NAME.search(name):
        return "sounds like a secret, and parameters are stored in the notebook"
    return None


def _value_fault(value: object) -> str | None:
    """Return what is wrong with a parameter's value.

    Exact types: papermill turns a NumPy integer into a string without a word, and writes what it
    does not know as it prints itself.
    """
    if value is not None and type(value) not in (str, int, float, bool):
        return f"is a {type(value).__name__}; only text, numbers, true, false and null will do"
    if isinstance(value, float) and not math.isfinite(value):
        return "is not finite"
    if isinstance(value, str):
        if _SECRET_VALUE.search(value):
            return "is an address with a password in it, and parameters are stored in the notebook"
        if odd := [c for c in value if not c.isprintable() and c not in "\n\t"]:
            return f"holds the character {odd[0]!a}"
    return None


def check_parameters(
    parameters: Mapping[str, object], *, declared: Collection[str], where: str
) -> dict[str, Scalar]:
    """Return `parameters` if each is fit to be written into a notebook as code.

    Parameters
    ----------
    parameters : mapping of str to JSON scalar
        What is to be passed.
    declared : collection of str
        The names assigned in the notebook's parameters cell.
    where : str
        The notebook, for the message.

    Raises
    ------
    ConfigurationError
        Says all that is wrong at once.

    Examples
    --------
    >>> check_parameters({"trials": 20}, declared={"trials"}, where="sweep.ipynb")
    {'trials': 20}
    >>> check_parameters({"trails": 20}, declared={"trials"}, where="sweep.ipynb")
    Traceback (most recent call last):
        ...
    coldframe.errors.ConfigurationError: These parameters cannot be passed to the notebook.
      where:    sweep.ipynb
      expected: some of trials
      found:    trails is not declared in the cell tagged 'parameters'
    """
    faults = []
    for name, value in parameters.items():
        if fault := _name_fault(name, declared) or _value_fault(value):
            shown = name if str(name).isidentifier() else ascii(name)
            faults.append(f"{shown:.60} {fault}")
    if faults:
        raise ConfigurationError(
            "These parameters cannot be passed to the notebook.", where=where,
            expected="some of " + ", ".join(sorted(declared)), found="; ".join(faults),
        )  # fmt: skip
    return dict(parameters)  # type: ignore[arg-type]  # the values were just checked
