"""`coldframe mapping`: a renamed column is seen, accepted, undone, and everybody says so."""

import samples
from ingest.test_renaming import rename

from coldframe.ingest import ingest_batches

FILE = "flights-2013-04.csv"
EVIDENCE = "Destination looks like it"


def test_a_renamed_column_is_seen_and_accepted_and_taken(flights):
    samples.land_sample(flights.bench, ["2013-04"])
    rename(flights.bench, "dest", "Destination", file=FILE)
    ingest_batches(flights.bench)
    accept = 'coldframe mapping accept dest Destination --source flights --reason "..."'
    for page in (flights("quarantine", width=None), flights("status", width=None)):
        assert EVIDENCE in page.stdout
        assert accept in page.stdout
    assert "proposed" in flights("mapping", width=None).stdout
    assert flights.json("status")["mappings"][0]["standing"] == "proposed"
    assert flights("mapping", "accept", "dest", "carrier", "--reason", "r", code=4).stderr
    reason = ("--reason", "their export was renamed")
    told = flights("mapping", "accept", "dest", "Destination", *reason, width=None).stdout
    assert "accepted, by tester (their export was renamed)" in told
    assert "coldframe build" in told
    again = flights("mapping", "accept", "dest", "Destination", *reason, width=None).stdout
    assert "It was accepted already" in again
    assert flights("mapping", "decline", "dest", "Destination", *reason, code=7).stderr
    (known,) = flights.json("mapping", "show", "--source", "flights")
    assert known["standing"] == "accepted"
    assert known["words"][0]["evidence"]["delivered"] == "Destination"
    assert flights.json("status")["landed"][0]["path"].endswith(FILE)
    ingest_batches(flights.bench)
    assert flights.json("status")["snapshot"]["name"] == "flights@5"
    undone = flights("mapping", "undo", "dest", "Destination", "--reason", "no", width=None).stdout
    assert "What is frozen stays as it is." in undone
    assert flights.json("mapping")[0]["standing"] == "proposed"
    declined = flights.json("mapping", "decline", "dest", "Destination", *reason)
    assert declined["standing"] == "declined"
    assert accept not in flights("status", width=None).stdout


def test_of_a_column_that_need_not_come_the_quality_report_tells(flights, tmp_path):
    path = flights.root / "datasets" / "flights.yaml"
    text = path.read_text("utf-8")
    place = text.index("      dest:\n")
    path.write_text(text[:place] + "      dest:\n        required: false\n" + text[place + 12 :])
    samples.land_sample(flights.bench, ["2013-04"])
    rename(flights.bench, "dest", "Destination", file=FILE)
    ingest_batches(flights.bench)
    page = tmp_path / "quality.html"
    assert EVIDENCE in flights("quality", "--html", page, width=None).stdout
    assert EVIDENCE in page.read_text("utf-8")
    assert EVIDENCE in flights("status", width=None).stdout
