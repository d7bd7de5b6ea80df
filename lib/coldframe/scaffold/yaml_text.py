"""The dataset file of a draft: YAML with the comments that somebody needs who edits it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from coldframe.scaffold.columns import ColumnGuess
from coldframe.scaffold.drafts import Draft
from coldframe.scaffold.drops import usual_drop
from coldframe.scaffold.wording import METRICS, PARAMETERS, QUESTIONS
from coldframe.sources import Column

WIDTH = 100
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

BROUGHT = {
    False: "`coldframe land FILE` copies them there",
    True: "`coldframe pull` fetches them from where `pull` says",
}
TOP = """\
# Made by `coldframe new` from {rows:,} rows of {file}.
# All of it is yours to change: `coldframe check {name}` says what cannot be. What was guessed with
# doubt is marked (?).
title: {title}
question: {question}

# Where batches come from, and what each must keep: files that match `files`, in the folder
# landing/{name}/{name} of the home folder ({brought}). A row that
# breaks a rule is set aside, never repaired; bounds are inclusive. Under `batch`, for the batch as
# a whole, else all of it is held:
#   rows         lowest and highest number of rows, as a share of the usual
#   quarantined  highest share of rows that may be set aside
#   keys_known   what becomes of a row whose key an earlier file has brought: false sets it aside,
#                true takes it as a correction, and the row that came last wins
sources:
  {name}:
    files: {files}
"""


def write_yaml(draft: Draft) -> str:
    """Return the text of datasets/NAME.yaml."""
    source = draft.source
    parts = [
        TOP.format(
            rows=len(draft.sample.frame), file=_comment(_short(draft)), name=draft.name,
            title=_scalar(_title(draft.name)), question=_scalar(_question(draft)),
            files=_flow(source.files), brought=BROUGHT[source.pull is not None],
        ),
        *_pull(draft),
        *(f"    {option}: {_flow(value)}\n" for option, value in _options(draft)),
        _noted(f"    key: {_flow(list(source.key))}", _doubt(draft, "key")),
        "    columns:\n",
        *(_column(draft, one) for one in draft.columns),
        f"    batch: {_batch(draft)}\n\n",
        *_features(draft),
        *_rest(draft),
    ]  # fmt: skip
    return "".join(parts)


def _short(draft: Draft) -> str:
    """Return where the sample is from without what was in front of a file's name."""
    origin = draft.sample.origin
    return origin if draft.source.pull else Path(origin).name


def _pull(draft: Draft) -> Iterator[str]:
    pull = draft.source.pull
    if pull is not None:
        said = pull.model_dump(mode="json", exclude_defaults=True)
        yield f"    pull: {_flow(said)}   # each build fetches what is new\n"


def _options(draft: Draft) -> Iterator[tuple[str, Any]]:
    yield from draft.sample.options.items()
    if draft.source.nulls != type(draft.source).model_fields["nulls"].default:
        yield "nulls", list(draft.source.nulls)


def _column(draft: Draft, one: ColumnGuess) -> str:
    column = draft.source.columns[one.name]
    line = f"      {_name(one.name)}: {_flow(_rules(column))}"
    if column.future_hours is not None:
        return f"{line}   # (?) a row later than its delivery by more hours is set aside\n"
    return _noted(line, one.doubt if column == one.column else "")


def _rules(column: Column) -> dict[str, Any]:
    said = column.model_dump(mode="json", exclude_defaults=True)
    for bound in ("minimum", "maximum", "future_hours"):
        if bound in said and float(said[bound]).is_integer():
            said[bound] = int(said[bound])
    return said


def _batch(draft: Draft) -> str:
    batch = draft.source.batch
    return _flow(
        {"rows": list(batch.rows), "quarantined": batch.quarantined, "keys_known": batch.keys_known}
    )


def _features(draft: Draft) -> Iterator[str]:
    yield "# What the feature function returns: these columns, a row for each row of the source.\n"
    yield "features:\n"
    yield f"  function: {draft.name}.features.build_features\n  rows: {draft.name}\n"
    if draft.time is None:
        yield _noted("  # no time: rows stand in the order of delivery", _doubt(draft, "time"))
    else:
        yield _noted(f"  time: {_flow(draft.time_name)}", _doubt(draft, "time"))
    yield f"  key: {_flow(list(draft.source.key))}\n"
    yield _noted(f"  target: {_flow(draft.target.name)}", _doubt(draft, "task"))
    yield from _list("numeric", draft.numeric)
    yield from _list("categorical", draft.categorical)
    for one in draft.left_out:
        yield f"  # left out: {_comment(one.name)} ({one.role}, {one.distinct:,} values)\n"
    yield "\n"


def _rest(draft: Draft) -> Iterator[str]:
    name, task, time = draft.name, draft.target.task, draft.time
    yield "# A row's label is known once this column is not blank; by it ingest counts them.\n"
    yield f"label: {_flow({'source': name, 'column': draft.target.name})}\n\n"
    yield f"model:\n  builder: {name}.model.build_model\n  space: {name}.model.search_space\n"
    yield f"  parameters: {_flow(PARAMETERS)}\n"
    yield from (f"  {line}\n" for line in METRICS[task])
    if time is None:
        yield _noted("  holdout_share: 0.2   # the newest rows", _doubt(draft, "holdout"))
    else:
        days = f"  holdout_days: {_flow(time.holdout_days)}"
        yield _noted(f"{days}   # the newest days, on which models meet", _doubt(draft, "holdout"))
    yield "  minimum_gain: 0.0\n  seed: 2013\n\n"
    yield "monitoring:\n"
    if time is None:
        yield f"  chunk: {draft.chunk_rows}   # rows, in the order of delivery\n"
    else:
        yield f"  chunk: {time.chunk}   # a day (D), week (W) or month (M) of rows\n"
    yield "  drift_false_alarm: 0.05\n\n"
    yield "# When to propose a retrain; drift explains, it does not trigger.\npolicy:\n"
    yield "  bootstrap: ask                 # auto: the first model needs nobody's word\n"
    rows = f"  minimum_labelled_rows: {draft.minimum_labelled_rows}"
    yield f"{rows:<33}# older than the holdout\n"
    yield from _drop(draft)
    if time is None:
        more = f"  new_labelled_rows: {max(1, draft.labelled)}"
        yield f"{more:<33}# rows that the last training has not seen\n"
        yield f"  persistence: 3\n  cooldown_rows: {draft.chunk_rows}\n"
    else:
        yield "  every_days: 90\n  persistence: 3\n  cooldown_days: 28\n  budget_per_year: 8\n"


def _drop(draft: Draft) -> Iterator[str]:
    """Yield the rule by which late labels ask for a retrain."""
    found = usual_drop(draft)
    if found is None:
        yield "  # realised_drop: not guessed, since nearly all values of the target are the same\n"
        return
    drop, meaning = found
    said = int(drop) if drop.is_integer() else drop
    told = f"a retrain is proposed once late labels show {meaning}, `persistence` chunks in a row"
    yield _noted(f"  realised_drop: {_flow(said)}", told)


def _list(key: str, names: Iterable[str]) -> Iterator[str]:
    """Yield a list of names, on one line if it is short."""
    items = list(names)
    line = f"  {key}: {_flow(items)}\n"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"  {key}:\n"
    yield from (f"    - {_flow(item)}\n" for item in items)


def _doubt(draft: Draft, about: str) -> str:
    """Return the doubt about a thing, empty if there is none."""
    return next((one.doubt for one in draft.guesses if one.about == about), "")


def _noted(line: str, doubt: str) -> str:
    """Return a line with the doubt about it, whole: behind it, or in lines above if it is long.

    Examples
    --------
    >>> print(_noted("  time: day", "or is it shipped?"), end="")
      time: day   # (?) or is it shipped?
    >>> print(_noted("  time: day", ", ".join(["shipped_at"] * 9)), end="")
      # (?) shipped_at, shipped_at, shipped_at, shipped_at, shipped_at, shipped_at, shipped_at,
      # shipped_at, shipped_at
      time: day
    """
    if not doubt:
        return f"{line}\n"
    told = f"(?) {_comment(doubt)}"
    whole = f"{line}   # {told}"
    if len(whole) <= WIDTH:
        return f"{whole}\n"
    begin = " " * (len(line) - len(line.lstrip())) + "# "
    parts = textwrap.wrap(told, WIDTH - len(begin), break_long_words=False, break_on_hyphens=False)
    return "".join(f"{begin}{part}\n" for part in parts) + f"{line}\n"


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _question(draft: Draft) -> str:
    return QUESTIONS[draft.target.task].format(target=draft.target.name)


def _comment(text: str) -> str:
    """Return text that cannot end a comment."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _flow(value: Any) -> str:
    """Return a value in YAML's flow style, on one line."""
    text = yaml.safe_dump(
        [value], default_flow_style=True, sort_keys=False, width=10**9, allow_unicode=True
    )
    return str(text).strip().removeprefix("[").removesuffix("]")


def _scalar(text: str) -> str:
    return _flow(text)


def _name(name: str) -> str:
    """Return a column's name as a key."""
    if PLAIN.fullmatch(name) and yaml.safe_load(name) == name:
        return name
    quoted = yaml.safe_dump(name, default_style='"', width=10**9, allow_unicode=True)
    return str(quoted).strip()
