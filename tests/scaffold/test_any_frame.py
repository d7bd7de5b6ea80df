"""Whatever frame somebody brings: a clear refusal, or a dataset that loses and changes nothing."""

import csv
import datetime
import itertools

import pandas as pd
import pytest
from counts import count
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scaffold.conftest import Project, write_own_project

from coldframe.doctor import check_dataset
from coldframe.errors import ColdframeError
from coldframe.ingest import ingest_batches, land_files

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
NUMBERS = itertools.count(1)
NAMES = st.one_of(
    st.sampled_from([
        "id", "a b", "Zip code", "time", "year", "date", "line", "prediction", "probability",
        "probability_a", "delivered", "y", "yes", "no", "null", "nan", "None", "1", "1.5", "a,b",
        'q"x', "it's", "a\nb", "a\tb", "#x", "- x", "a: b", "{x}", "é", "日付", "\u202ex", "x" * 90,
        "undeclared:x", " a", "a ", "TARGET", "COLUMNS", "self", "key", "\\", "%s", "${HOME}",
    ]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)  # fmt: skip
DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S+02:00", "%d.%m.%Y", "%m/%d/%y"]


@st.composite
def cells(draw, rows):
    """Draw the texts of a column, of one kind or mixed."""
    whole = st.integers(-(2**70), 2**70) | st.integers(-9, 9)
    seconds = st.integers(-8_000_000_000, 7_000_000_000)
    moments = seconds.map(lambda n: EPOCH + datetime.timedelta(seconds=n))
    spelling = draw(st.sampled_from(DAYS))
    kinds = [
        whole.map(str), st.integers(0, 99).map("{:05}".format),
        st.floats(-1e9, 1e9).map(repr),
        st.decimals(-1000, 1000, places=2).map(lambda n: str(n).replace(".", ",")),
        moments.map(lambda at: at.strftime(spelling)), st.just(""), st.just("same"),
        st.sampled_from(["a", "b", "c"]), st.sampled_from(["true", "false"]),
        st.sampled_from(["0", "1"]), st.sampled_from(["NA", "null", "-", "?", "inf", "nan"]),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6),
    ]  # fmt: skip
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=2))
    blank = [st.just("")] if draw(st.booleans()) else []
    return draw(st.lists(st.one_of(*chosen, *blank), min_size=rows, max_size=rows))


@st.composite
def deliveries(draw):
    """Draw names, rows of texts, how they are spelled, and what a person says of them."""
    rows = draw(st.integers(1, 12))
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    columns = [draw(cells(rows)) for _ in names]
    if draw(st.booleans()):
        names.append("OrderId")
        columns.append([str(n) for n in range(rows)])
    table = [list(row) for row in zip(*columns, strict=True)]
    if draw(st.integers(0, 3)):  # each row with a number of its own
        names.append("rowid")
        table *= draw(st.sampled_from([1, 15]))
        table = [[*row, str(place)] for place, row in enumerate(table)]
    if draw(st.integers(0, 3)):  # what a person would bring
        names.append(draw(st.sampled_from([n for n in ("y", "Ziel (ja/nein)") if n not in names])))
        answers = draw(st.sampled_from([["0", "1"], ["ja", "nein"], ["a", "b", "c"], ["1,5", "2"]]))
        table = [[*row, answers[place % len(answers)]] for place, row in enumerate(table)]
    wishes = {"target": names[-1] if draw(st.integers(0, 3)) else draw(st.sampled_from(names))}
    others = [name for name in names if name != wishes["target"]]
    if others and draw(st.integers(0, 3)) == 0:
        wishes["key"] = (draw(st.sampled_from(others)),)
    if draw(st.integers(0, 3)) == 0:
        wishes["timeless"] = True
    return names, table, draw(st.sampled_from([",", ";", "\t"])), wishes


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.delenv("COLDFRAME_HOME", raising=False)
    root = write_own_project(tmp_path_factory.mktemp("any") / "project")
    patch.syspath_prepend(str(root / "lib"))
    yield Project(root)
    patch.undo()


def value_of(text, column, source):
    """Return what a text means, said without the code that is tested."""
    if text in source.nulls:
        return None
    if column.type in ("integer", "number"):
        plain = text.strip()
        if source.decimal == ",":
            plain = plain.replace(source.thousands or ".", "").replace(",", ".")
        return int(plain) if column.type == "integer" else float(plain)
    if column.type == "boolean":
        return {"true": True, "false": False, "1": True, "0": False}[text.strip().lower()]
    if column.type == "timestamp":
        moment = pd.Timestamp(text.strip())
        return moment.tz_convert("UTC") if moment.tzinfo else moment.tz_localize("UTC")
    return text


def same(found, expected):
    return pd.isna(found) if expected is None else not pd.isna(found) and found == expected


def tried(project, name, path, wishes):
    """Return the dataset that was made, or why none was."""
    try:
        return project.new(name, path, **wishes)
    except ColdframeError as error:
        return error


ORDERS = [[str(n), f"2024-01-{1 + n % 28:02}", f"{n % 9},5", "ja" if n % 3 else "nein"]
          for n in range(120)]  # fmt: skip


@settings(
    max_examples=count(25, 400), deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@example((["Bestell Nr", "Datum", "Preis", "zurück?"], ORDERS, ";", {"target": "zurück?"}))
@given(deliveries())
def test_a_refusal_or_a_dataset_that_takes_every_row_as_it_is(shared, delivered):
    names, table, delimiter, wishes = delivered
    name = f"d{next(NUMBERS)}"
    path = shared.root / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        writer.writerows([names, *table])
    before = shared.files()
    made = tried(shared, name, path, wishes)
    if isinstance(made, ColdframeError):
        assert made.remedy or made.expected, made
        assert shared.files() == before
        return
    assert made.guesses
    land_files(shared.bench(name), [path])
    checked = list(check_dataset(shared.settings, name))
    assert [one for one in checked if one.level == "problem"] == []
    bench = shared.bench(name)
    report = ingest_batches(bench)
    frame = bench.store.read(report.snapshot, name)
    source = bench.dataset.sources[name]
    assert len(frame) == len(table) - made.unfit
    if made.unfit:
        return
    for column, declared in source.columns.items():
        place = names.index(column)
        expected = [value_of(row[place], declared, source) for row in table]
        found = frame[column].astype("object").tolist()
        wrong = [(f, e) for f, e in zip(found, expected, strict=True) if not same(f, e)]
        assert not wrong, (column, declared, wrong[:3])
