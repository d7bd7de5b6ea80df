"""Every error Coldframe raises on purpose, with what a person needs to go on.

One base class; each error is also the matching builtin, so that ``except ValueError`` keeps
working for people who do not know us. The message names what, where, expected, found, remedy.
"""

from __future__ import annotations


class ColdframeError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    what : str
        What went wrong, in one sentence.
    where : str, optional
        File and key, batch, snapshot or notebook it is about.
    expected, found : str, optional
        What should have been there, and what was.
    remedy : str, optional
        What to do about it; a command where there is one.

    Examples
    --------
    >>> print(ColdframeError("No such snapshot.", found="flights@9", remedy="coldframe snapshots"))
    No such snapshot.
      found:    flights@9
      remedy:   coldframe snapshots
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what, self.where = what, where
        self.expected, self.found, self.remedy = expected, found, remedy
        super().__init__(what)

    def details(self) -> dict[str, str]:
        """Return the parts that are known, in the order in which they are shown."""
        parts = {name: getattr(self, name) for name in ("where", "expected", "found", "remedy")}
        return {name: value for name, value in parts.items() if value}

    def __str__(self) -> str:
        lines = [f"  {name + ':':<10}{value}" for name, value in self.details().items()]
        return "\n".join([self.what, *lines])


class ConfigurationError(ColdframeError, ValueError):
    """A setting or a dataset file says something that cannot be."""

    exit_code = 3


class NotFoundError(ColdframeError, LookupError):
    """A snapshot, model, proposal, study or file that was named does not exist."""

    exit_code = 4


class DataError(ColdframeError, ValueError):
    """Data that is not what its contract or its features say."""

    exit_code = 5


class CorruptionError(ColdframeError, OSError):
    """Bytes on disk are not those whose digest was recorded."""

    exit_code = 6


class ConflictError(ColdframeError, RuntimeError):
    """Somebody else was faster, or the ground of a decision has gone."""

    exit_code = 7


class NotebookError(ColdframeError, RuntimeError):
    """A notebook failed, ran out of time, lost its kernel or left early."""

    exit_code = 8


class EnvironmentFaultError(ColdframeError, RuntimeError):
    """The machine lacks something, or a dependency misbehaves here."""

    exit_code = 9
