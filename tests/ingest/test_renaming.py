"""A column that looks renamed is put forward with evidence; it flows once the contract says so."""

import pytest
import samples
from ingest.test_schema_change import FILE, declare, edit, outcome

from coldframe.errors import ConfigurationError
from coldframe.ingest import ingest_batches
from coldframe.wording import explain_delivery


@pytest.fixture
def january(bench):
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    samples.land_sample(bench, ["2013-02"])
    return bench


def rename(bench, old, new, change=lambda value: value, file=FILE):
    path = bench.settings.landing / "flights" / "flights" / file
    head, *lines = path.read_text().splitlines()
    names = head.split(",")
    place = names.index(old)
    names[place] = new
    rows = [line.split(",") for line in lines]
    rows = [[*row[:place], change(row[place]), *row[place + 1 :]] for row in rows]
    path.write_text("\n".join(",".join(row) for row in [names, *rows]) + "\n")


@pytest.mark.parametrize(
    ("old", "new"), [("dest", "Destination"), ("distance", "dist_miles"), ("origin", "from_origin")]
)
def test_it_is_put_forward_and_not_applied(january, old, new):
    rename(january, old, new)
    held = outcome(ingest_batches(january))
    assert held.outcome == "held"
    assert [(one.rule, one.column) for one in held.reasons] == [
        ("missing_column", old), ("renamed_column", old),
    ]  # fmt: skip
    assert f"{new} looks like it" in explain_delivery(held)
    assert "coldframe mapping takes your word" in explain_delivery(held)
    (alike,) = held.renamed
    assert (alike.column, alike.delivered) == (old, new)
    assert alike.content > 0.8


def test_once_the_contract_knows_the_name_it_fills_the_old_column(january):
    rename(january, "dest", "Destination")
    ingest_batches(january)
    before = january.frame(january.store.head("flights"))
    known = declare(january, columns={"dest": {"also": ["Destination"]}})
    report = ingest_batches(known)
    assert outcome(report).outcome == "accepted"
    schema = report.snapshot.tables["flights"].schema
    assert schema == january.store.resolve("flights@1").tables["flights"].schema
    assert len(known.frame(report.snapshot)) > len(before)
    # the old name is still welcome
    samples.land_sample(known, ["2013-03"])
    assert outcome(ingest_batches(known), "flights-2013-03.csv").outcome == "accepted"


def test_other_content_is_no_evidence(january):
    rename(january, "dest", "Destination", change=lambda value: f"{value}-{value}-0")
    held = outcome(ingest_batches(january))
    assert [one.rule for one in held.reasons] == ["missing_column"]
    # nor is another type
    rename(january, "distance", "distances", change="about {}".format)
    held = outcome(ingest_batches(january))
    assert {one.rule for one in held.reasons} == {"missing_column"}


def test_a_column_that_nothing_looks_like_is_only_missing(january):
    edit(january, add={"unlike": "x{}".format}, drop=["distance"])
    held = outcome(ingest_batches(january))
    assert [(one.rule, one.column) for one in held.reasons] == [("missing_column", "distance")]


def test_a_name_is_of_one_column_only(january):
    with pytest.raises(ConfigurationError, match="a name of no other column"):
        declare(january, columns={"dest": {"also": ["origin"]}})
