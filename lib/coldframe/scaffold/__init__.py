"""Scaffold: from a file of one's own to a dataset's first files, each guess with its doubt.

`new_dataset` does all of it; `coldframe.scaffold.drafts` says what a draft is made of. To guess
something else, write a module beside `targets` and `times`, and call it in `draft_dataset`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coldframe.scaffold.names import check_name
from coldframe.scaffold.records import Guess, Wishes
from coldframe.scaffold.writing import write_files
from coldframe.settings import Settings

__all__ = ["Guess", "NewDataset", "Wishes", "new_dataset"]


@dataclass(frozen=True, kw_only=True)
class NewDataset:
    """A dataset that was written.

    Parameters
    ----------
    name : str
        Its name.
    rows : int
        Rows of the sample from which it was guessed.
    whole : bool
        Whether these are all rows of the file.
    unfit : int
        Rows of the sample that its contract sets aside, for want of a key or a time.
    guesses : tuple of Guess
        What was guessed.
    files, backups : tuple of Path
        What was written, and where what was there before is kept.
    """

    name: str
    rows: int
    whole: bool
    unfit: int
    guesses: tuple[Guess, ...]
    files: tuple[Path, ...]
    backups: tuple[Path, ...]


def new_dataset(
    settings: Settings, name: str, *, file: Path, wishes: Wishes, force: bool = False
) -> NewDataset:
    """Write datasets/NAME.yaml and lib/NAME, guessed from the beginning of `file`.

    The contract that is written accepts the rows that it was guessed from, but for those without
    key or time.

    Parameters
    ----------
    settings : Settings
        Whose project folder.
    name : str
        Of the new dataset.
    file : Path
        A delivery as they will come.
    wishes : Wishes
        What is known about it.
    force : bool, default=False
        Whether a dataset of that name may be moved aside.

    Raises
    ------
    ConfigurationError
        The name cannot be, or what was named cannot be what it was named for.
    NotFoundError
        There is no such file, or no such column.
    ConflictError
        There is such a dataset.
    DataError
        Nothing can be made of the file; says why.
    """
    check_name(settings, name)
    # pandas and pandera, only where something is to be read
    from coldframe.scaffold.code_text import write_code
    from coldframe.scaffold.drafting import draft_dataset
    from coldframe.scaffold.proving import prove
    from coldframe.scaffold.samples import read_sample
    from coldframe.scaffold.yaml_text import write_yaml

    draft = draft_dataset(name, read_sample(file), wishes)
    text = write_yaml(draft)
    unfit = prove(draft, text)
    written = write_files(settings, name, dataset=text, code=write_code(draft), force=force)
    return NewDataset(
        name=name, rows=len(draft.sample.frame), whole=draft.sample.whole, unfit=unfit,
        guesses=draft.guesses, files=written.files, backups=written.backups,
    )  # fmt: skip
