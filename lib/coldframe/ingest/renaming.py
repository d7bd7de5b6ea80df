"""Put forward which new column of a batch may be one that it lost. Needs pandas."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from coldframe.contracts import Fault, UnfitBatchError
from coldframe.contracts.judging import BatchJudgement
from coldframe.contracts.renaming import find_renamed
from coldframe.datasets import Source
from coldframe.ingest.history import History
from coldframe.ingest.telling import tell_renaming
from coldframe.ledger import Renaming, mapping_words
from coldframe.readers import read_batch
from coldframe.workbench import Workbench


def find_renamings(
    bench: Workbench, judgement: BatchJudgement, path: Path | None, name: str, history: History
) -> tuple[Renaming, ...]:
    """Return for each column that the batch lost which new one looks like it, if one does.

    Nothing is renamed: a person accepts it as a mapping, or declines it, and then it is not put
    forward again.

    Parameters
    ----------
    bench : Workbench
        Where.
    judgement : BatchJudgement
        Of the batch; held for the loss, or accepted because the column need not come.
    path : Path or None
        The batch.
    name : str
        Its source.
    history : History
        What columns were like in the last good batches.
    """
    declared = bench.agreed.sources[name]
    if path is None or not _may_be_renamed(judgement, declared):
        return ()
    columns = {
        name: column.model_copy(update={"required": False})
        for name, column in declared.columns.items()
    }
    try:
        piece = next(iter(read_batch(path, declared.model_copy(update={"columns": columns}))))
    except (UnfitBatchError, StopIteration):
        return ()
    last = {word.about: word.verdict for word in mapping_words(bench.ledger, bench.dataset.name)}
    found = find_renamed(piece, declared, lambda column: history.former(name, column))
    return tuple(
        Renaming(
            column=one.column,
            delivered=one.delivered,
            name=round(one.name, 4),
            content=None if one.content is None else round(one.content, 4),
        )
        for one in found
        if last.get((name, one.column, one.delivered)) != "declined"
    )


def _may_be_renamed(judgement: BatchJudgement, declared: Source) -> bool:
    """Tell whether the batch lost a column, as far as can be told without reading it."""
    if judgement.fit is None:
        return any(fault.rule == "missing_column" for fault in judgement.faults)
    optional = any(not column.required for column in declared.columns.values())
    return optional and bool(judgement.unknown_columns)


def renaming_faults(found: Iterable[Renaming]) -> tuple[Fault, ...]:
    """Return the evidence as what else there is to be known of a batch that is held."""
    told = (
        (one.column, f"{tell_renaming(one)}; coldframe mapping takes your word") for one in found
    )
    return tuple(Fault(rule="renamed_column", column=c, example=text) for c, text in told)
