"""Scaffold: from a file of one's own to a dataset's first files, each guess with its doubt.

`new_dataset` does all of it; `coldframe.scaffold.drafts` says what a draft is made of. To guess
something else, write a module beside `targets` and `times`, and call it in `draft_dataset`.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        Rows of the sample that its contract sets aside, for key, time or an odd value.
    pulled : bool
        Whether deliveries are pulled; else they are brought by `coldframe land`.
    guesses : tuple of Guess
        What was guessed.
    files, backups : tuple of Path
        What was written, and where what was there before is kept.
    """

    name: str
    rows: int
    whole: bool
    unfit: int
    pulled: bool
    guesses: tuple[Guess, ...]
    files: tuple[Path, ...]
    backups: tuple[Path, ...]


def new_dataset(
    settings: Settings, name: str, *, origins: Sequence[str], wishes: Wishes,
    query: str | None = None, force: bool = False,
) -> NewDataset:  # fmt: skip
    """Write datasets/NAME.yaml and lib/NAME, guessed from the beginning of its deliveries.

    The contract that is written accepts the rows that it was guessed from, but for those without
    key or time, dated in the future, or with one of the few odd values of a column.

    Parameters
    ----------
    settings : Settings
        Whose project folder.
    name : str
        Of the new dataset.
    origins : sequence of str
        Deliveries as they will come: a file or several, or a folder, glob or URL from which they
        are pulled from then on.
    wishes : Wishes
        What is known about it.
    query : str, optional
        A SQL query whose rows are the deliveries; `origins` is the URL of its database.
    force : bool, default=False
        Whether a dataset of that name may be moved aside.

    Raises
    ------
    ConfigurationError
        The name cannot be, or what was named cannot be what it was named for.
    NotFoundError
        There is no such place, or no such column.
    ConflictError
        There is such a dataset.
    DataError
        Nothing can be made of the files; says why.
    EnvironmentFaultError
        The place cannot be reached, or the files cannot be written.
    """
    check_name(settings, name)
    wishes.check()
    # pandas and pandera, only where something is to be read
    from coldframe.scaffold.code_text import write_code
    from coldframe.scaffold.drafting import draft_dataset
    from coldframe.scaffold.places import find_place
    from coldframe.scaffold.proving import prove
    from coldframe.scaffold.samples import read_sample
    from coldframe.scaffold.yaml_text import write_yaml

    with find_place(settings, origins, query=query) as place:
        draft = draft_dataset(name, read_sample(place, sheet=wishes.sheet), wishes)
    text = write_yaml(draft)
    unfit = prove(draft, text)
    written = write_files(settings, name, dataset=text, code=write_code(draft), force=force)
    return NewDataset(
        name=name, rows=len(draft.sample.frame), whole=draft.sample.whole, unfit=unfit,
        pulled=place.pull is not None, guesses=draft.guesses, files=written.files,
        backups=written.backups,
    )  # fmt: skip
