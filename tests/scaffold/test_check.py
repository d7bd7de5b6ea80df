"""What `coldframe check` says of the files that have landed: it judges what is not taken in yet."""

import shutil
import time

import pandas as pd
import pytest
import yaml

from coldframe import readers
from coldframe.contracts import contract_versions
from coldframe.doctor import check_dataset, landed, samples
from coldframe.ingest import ingest_batches, release_batch
from coldframe.ledger import deliveries
from coldframe.readers import csv_text


def rows(first, *, many=400, **more):
    """Return parcels numbered from `first`, one every ten minutes."""
    numbers = range(first, first + many)
    frame = pd.DataFrame(
        {
            "id": [str(n) for n in numbers],
            "taken_at": [
                f"{pd.Timestamp('2025-01-01T00:00Z') + pd.Timedelta(minutes=10 * n):%FT%TZ}"
                for n in numbers
            ],
            "size": [f"{n * 37 % 1000 / 8}" for n in numbers],
            "late": [("no", "yes")[n % 4 == 0] for n in numbers],
        }
    )
    return frame.assign(**more)


class Parcels:
    """A dataset made from its first delivery, and what comes afterwards."""

    def __init__(self, project):
        path = project.root / "parcels.csv"
        rows(0).to_csv(path, index=False)
        project.new("parcels", path, target="late")
        self.project, self.bench = project, project.bench("parcels")

    def land(self, name, frame):
        """Land rows under a name, later than all before on any clock."""
        folder = self.bench.settings.landing / "parcels" / "parcels"
        folder.mkdir(parents=True, exist_ok=True)
        time.sleep(0.02)
        frame.to_csv(folder / name, index=False)

    def ingest(self):
        return ingest_batches(self.bench).to_json()["outcomes"]

    def check(self):
        found = list(check_dataset(self.project.settings, "parcels"))
        (one,) = [one for one in found if one.check == "source parcels"]
        assert {one.check for one in found} >= {"features", "model"}
        return one


@pytest.fixture
def parcels(project):
    return Parcels(project)


BAD = {"size": ["much"] * 100 + ["1"] * 300}


def test_the_newest_file_that_waits_is_judged_whatever_the_names(parcels):
    parcels.land("b.csv", rows(0))
    assert parcels.ingest() == ["accepted"]
    parcels.land("c.csv", rows(400))
    parcels.land("a.csv", rows(800, **BAD))
    found = parcels.check()
    assert found.level == "problem"
    assert "a.csv would be held: too many unfit rows: 100 of 400" in found.what
    assert "type_number of size: 100 ('much' on line 2)" in found.what
    assert "not judged here: 1 frozen, 1 waiting" in found.what


def test_what_is_frozen_is_fine_and_is_no_duplicate_of_itself(parcels):
    parcels.land("a.csv", rows(0, size=["much", "more", *["1"] * 398]))
    assert parcels.ingest() == ["quarantined"]
    found = parcels.check()
    assert (found.level, found.remedy) == ("fine", "")
    assert "a.csv is frozen, and no file waits to be judged" in found.what
    assert "2 of 400 rows would be set aside: type_number of size" in found.what


def test_a_frozen_file_that_could_not_be_read_any_more_is_a_warning(parcels):
    parcels.land("a.csv", rows(0))
    assert parcels.ingest() == ["accepted"]
    file = parcels.project.root / "datasets" / "parcels.yaml"
    text = file.read_text("utf-8").replace("size: {", "weight: {type: number}\n      size: {")
    file.write_text(text.replace("numeric: [size]", "numeric: [size, weight]"), encoding="utf-8")
    (found,) = [one for one in check_dataset(parcels.project.settings, "parcels")
                if one.check == "source parcels"]  # fmt: skip
    assert found.level == "warning"
    assert "could not be read any more" in found.what
    assert "weight" in found.what


def test_a_file_that_is_held_says_why_until_a_later_one_is_taken(parcels):
    parcels.land("a.csv", rows(0, **BAD))
    assert parcels.ingest() == ["held"]
    found = parcels.check()
    assert found.level == "problem"
    assert "a.csv is held, nothing of it was taken: too many unfit rows" in found.what
    (delivery,) = deliveries(parcels.bench.ledger, "parcels")
    assert f"coldframe release {delivery.batch[:10]}" in found.remedy
    parcels.land("b.csv", rows(0))
    assert parcels.ingest() == ["accepted"]
    found = parcels.check()
    assert found.level == "fine"
    assert "b.csv is frozen" in found.what
    assert "1 held" in found.what


def test_no_release_is_proposed_of_a_file_without_a_fit_row(parcels):
    parcels.land("a.csv", rows(0, size="much"))
    assert parcels.ingest() == ["held"]
    found = parcels.check()
    assert "is held" in found.what
    assert found.remedy == "mend file or contract"


def test_a_release_is_a_note_and_fine_once_it_is_taken(parcels):
    parcels.land("a.csv", rows(0, **BAD))
    assert parcels.ingest() == ["held"]
    (delivery,) = deliveries(parcels.bench.ledger, "parcels")
    release_batch(parcels.bench, delivery, reason="as announced", who="jane")
    found = parcels.check()
    assert (found.level, found.remedy) == ("note", "coldframe build")
    assert "jane has released a.csv: the next build takes its fit rows" in found.what
    assert "100 of 400 rows would be set aside" in found.what
    assert parcels.ingest() == ["quarantined"]
    assert parcels.check().level == "fine"


def test_a_release_under_another_contract_counts_for_nothing(parcels):
    parcels.land("a.csv", rows(0, **BAD))
    parcels.ingest()
    (delivery,) = deliveries(parcels.bench.ledger, "parcels")
    release_batch(parcels.bench, delivery, reason="as announced", who="jane")
    file = parcels.project.root / "datasets" / "parcels.yaml"
    text = file.read_text("utf-8").replace("quarantined: 0.02", "quarantined: 0.01")
    file.write_text(text, encoding="utf-8")
    bench = parcels.project.bench("parcels")
    assert contract_versions(bench.agreed, lib=bench.settings.lib)["parcels"] != delivery.contract
    assert "a.csv would be held" in parcels.check().what


@pytest.mark.parametrize(("first", "level"), [(400, "fine"), (395, "warning"), (200, "problem")])
def test_keys_that_an_earlier_file_has_brought_are_told(parcels, first, level):
    parcels.land("a.csv", rows(0))
    parcels.ingest()
    parcels.land("b.csv", rows(first))
    found = parcels.check()
    assert found.level == level
    known = 400 - first
    assert (f"known_key of id: {known} ('{first}' on line 2)" in found.what) == bool(known)
    assert ("batch.keys_known: true" in found.remedy) == bool(known)


def test_more_frozen_rows_than_are_compared_are_told(parcels, monkeypatch):
    parcels.land("a.csv", rows(0))
    parcels.ingest()
    parcels.land("b.csv", rows(200))
    monkeypatch.setattr(samples, "KNOWN", 399)
    found = parcels.check()
    assert found.level == "fine"
    assert "its keys were not compared with those of 400 frozen rows" in found.what


def test_a_file_of_unusual_length_would_be_held(parcels):
    parcels.land("a.csv", rows(0))
    parcels.ingest()
    parcels.land("b.csv", rows(400, many=40))
    found = parcels.check()
    assert found.level == "problem"
    assert "b.csv would be held: unusual length: 40 rows, 80 to 2000 are usual" in found.what
    assert parcels.ingest() == ["held"]


@pytest.mark.parametrize(("limit", "value"), [("FILES", 2), ("BYTES", 40_000)])
def test_files_at_which_nobody_looked_are_counted(parcels, monkeypatch, limit, value):
    for place, name in enumerate("edcba"):
        parcels.land(f"{name}.csv", rows(400 * place))
    size = (parcels.bench.settings.landing / "parcels" / "parcels" / "a.csv").stat().st_size
    assert 2 * size <= 40_000 < 3 * size
    monkeypatch.setattr(landed, limit, value)
    found = parcels.check()
    assert "of a.csv" in found.what
    assert "1 waiting, 3 older, at which nobody looked" in found.what


def test_nothing_is_written_by_looking(parcels):
    parcels.land("a.csv", rows(0))
    home = parcels.bench.settings.home
    before = sorted(home.rglob("*"))
    assert parcels.check().level == "fine"
    assert sorted(home.rglob("*")) == before


def edit(parcels, old, new):
    """Change the dataset file as a person would, and open the bench anew."""
    file = parcels.project.root / "datasets" / "parcels.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    parcels.bench = parcels.project.bench("parcels")


def held_rules(parcels):
    """Ingest, and return the rules for which the newest delivery is held."""
    assert parcels.ingest() == ["held"]
    return [one.rule for one in deliveries(parcels.bench.ledger, "parcels")[-1].reasons]


def test_a_column_that_need_not_come_is_no_fault_of_its_rows(parcels):
    edit(parcels, "size: {", "weight: {type: number, required: false}\n      size: {")
    parcels.land("a.csv", rows(0))
    found = parcels.check()
    assert (found.level, found.remedy) == ("fine", "")
    assert "accepts 400 rows of a.csv" in found.what
    assert parcels.ingest() == ["accepted"]


def test_another_type_than_the_frozen_one_would_hold_the_file(parcels):
    parcels.land("a.csv", rows(0))
    assert parcels.ingest() == ["accepted"]
    edit(parcels, "columns:\n", "columns:\n      weight: {type: number, required: false}\n")
    parcels.land("b.csv", rows(400, weight="1"))
    assert parcels.ingest() == ["accepted"]
    edit(parcels, "weight: {type: number,", "weight: {type: string,")
    parcels.land("c.csv", rows(800, weight="1"))
    found = parcels.check()
    assert found.level == "problem"
    assert "c.csv would be held: column weight changed its type" in found.what
    assert held_rules(parcels) == ["stored_type"]
    assert parcels.check().remedy == "mend file or contract"  # nobody can overrule it


@pytest.mark.parametrize(
    ("old", "new", "more", "rule"),
    [
        ("batch: {", "batch: {undeclared: 0, ", {"gate": "A"}, "undeclared_columns"),
        ("size: {", "weight: {type: number, nullable: true, null_share: 0.1}\n      size: {",
         {"weight": ["", "1"] * 200}, "null_share"),
        ("batch: {", "batch: {bytes: 2000, ", {}, "file_size"),
    ],
)  # fmt: skip
def test_what_holds_a_file_as_a_whole_is_told_before(parcels, old, new, more, rule):
    edit(parcels, old, new)
    parcels.land("a.csv", rows(0, **more))
    found = parcels.check()
    assert found.level == "problem"
    assert "a.csv would be held" in found.what
    assert held_rules(parcels) == [rule]


def test_a_file_in_pieces_is_read_as_far_as_a_sample_goes(parcels, monkeypatch):
    parcels.land("a.csv", rows(0))
    assert parcels.ingest() == ["accepted"]
    parcels.land("b.csv", rows(400))
    monkeypatch.setattr(csv_text, "PIECE_ROWS", 30)
    found = parcels.check()
    assert "accepts 400 rows of b.csv" in found.what
    monkeypatch.setattr(samples, "ROWS", 50)
    found = parcels.check()
    assert found.level == "fine"
    assert "accepts 50 rows of b.csv" in found.what


def test_a_file_that_goes_meanwhile_is_told_and_the_rest_is_checked(parcels, monkeypatch):
    parcels.land("a.csv", rows(0))

    def choose(bench):
        chosen = landed.choose_landed(bench)
        chosen["parcels"].path.unlink()
        return chosen

    monkeypatch.setattr(samples, "choose_landed", choose)
    found = parcels.check()
    assert found.level == "warning"
    assert "a.csv was not judged: The file cannot be read now." in found.what
    assert "FileNotFoundError" in found.what


def test_a_file_at_which_the_gate_fails_would_be_held(parcels, monkeypatch):
    parcels.land("a.csv", rows(0))

    def fail(*_):
        raise RuntimeError("no such day")

    monkeypatch.setitem(readers.KINDS, "csv", fail)
    found = parcels.check()
    assert found.level == "problem"
    assert "would be held: It cannot be judged. not_judged: RuntimeError: no such day" in found.what
    assert held_rules(parcels) == ["not_judged"]


def test_bytes_that_another_source_has_delivered_would_be_held(parcels):
    parcels.land("a.csv", rows(0))
    assert parcels.ingest() == ["accepted"]
    file = parcels.project.root / "datasets" / "parcels.yaml"
    text = yaml.safe_load(file.read_text("utf-8"))
    text["sources"]["more"] = text["sources"]["parcels"]
    file.write_text(yaml.safe_dump(text, sort_keys=False), encoding="utf-8")
    folder = parcels.bench.settings.landing / "parcels"
    shutil.copytree(folder / "parcels", folder / "more")
    parcels.bench = parcels.project.bench("parcels")
    (found,) = [one for one in check_dataset(parcels.project.settings, "parcels")
                if one.check == "source more"]  # fmt: skip
    assert found.level == "problem"
    assert "would be held: it belongs to another source" in found.what
    assert held_rules(parcels) == ["delivered_elsewhere"]
