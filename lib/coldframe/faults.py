"""What can be wrong with a batch: a broken rule, summed up, and the error that carries several."""

from __future__ import annotations

from dataclasses import dataclass

from coldframe.errors import DataError

EXAMPLE_LENGTH = 80  # values may be long or personal; an example only has to be recognised


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One broken rule, summed up.

    Parameters
    ----------
    rule : str
        Its name.
    column : str or None
        The column it is about; None for the batch as a whole.
    rows : int
        How many rows break it.
    example : str or None
        One offending value, or what was found, as text.
    """

    rule: str
    column: str | None = None
    rows: int = 0
    example: str | None = None


class UnfitBatchError(DataError):
    """A batch that cannot be judged row by row; carries the faults for which it is held."""

    def __init__(self, what: str, faults: tuple[Fault, ...], *, remedy: str | None = None) -> None:
        told = "; ".join(
            f"{fault.rule}{f' ({fault.column})' if fault.column else ''}: {fault.example}"
            for fault in faults
        )
        super().__init__(what, found=told, remedy=remedy)
        self.faults = faults


def unfit(
    rule: str, what: str, *, example: str | None = None, rows: int = 0, remedy: str | None = None
) -> UnfitBatchError:
    """Return the error for a batch with one fault.

    Examples
    --------
    >>> unfit("not_csv", "The file is no plain CSV.", example="gzip").faults[0].rule
    'not_csv'
    """
    fault = Fault(rule=rule, rows=rows, example=(example or what)[:300])
    return UnfitBatchError(what, (fault,), remedy=remedy)


def shorten(value: object) -> str:
    """Return `value` as text that fits on a line.

    Examples
    --------
    >>> len(shorten("x" * 1000))
    80
    """
    text = str(value)
    return text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 1] + "…"
