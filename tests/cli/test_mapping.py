"""`coldframe mapping`: a renamed column is seen, accepted, undone, and everybody says so."""

import shlex

import samples
from cli.test_releasing import hold
from ingest.test_renaming import rename

from coldframe.cli.command import Session
from coldframe.ingest import ingest_batches
from coldframe.ingest.mapping import MappingStanding
from coldframe.ledger import Renaming
from coldframe.steps import Step, mapping_command

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


def test_a_mapping_that_makes_a_release_void_says_so_and_the_release_is_offered_again(flights):
    landing = flights.home / "landing" / "flights" / "arrivals"
    held = hold(flights)  # 60 rows of March's arrivals
    digits = held.batch[:10]
    text = (landing / "arrivals-2013-02.csv").read_text().replace("2013-02-", "2013-04-")
    (landing / "arrivals-2013-04.csv").write_text(text.replace("air_time", "AirTime", 1))
    ingest_batches(flights.bench)
    flights("release", digits, "--reason", "a strike")
    offer = f'coldframe release {digits} --reason "..."'
    assert offer not in flights("quarantine", width=None).stdout
    word = ("mapping", "accept", "air_time", "AirTime", "--reason", "renamed")
    told = flights(*word, width=None).stdout
    void = f"The release of arrivals/arrivals-2013-03.csv ({digits}) becomes void"
    assert void in told
    assert void not in flights(*word, width=None).stdout  # said again it changes nothing
    # it is judged anew first: a release by the former contract would be none
    assert offer not in flights("quarantine", width=None).stdout
    again = flights("release", digits, "--reason", "a strike", width=None).stdout
    assert "judge the batch by the contract of now" in again
    ingest_batches(flights.bench)
    assert offer in flights("quarantine", width=None).stdout
    flights("release", digits, "--reason", "a strike, still")
    assert flights.json("status")["releases"][-1]["standing"] == "waiting"
    assert offer not in flights("quarantine", width=None).stdout


def test_what_waits_is_named_by_a_build_that_has_nothing_to_do(flights):
    flights("reject", 2, "--reason", "not now")
    samples.land_sample(flights.bench, ["2013-04"])
    rename(flights.bench, "dest", "Destination", file=FILE)
    built = flights("build", width=None).stdout
    number = flights.json("status")["pending"]
    if number:
        flights("reject", number["number"], "--reason", "not now")
    for page in (flights("build", width=None).stdout, flights("status", width=None).stdout):
        assert (
            "A build has nothing to do, but 1 file is held (flights/flights-2013-04.csv); 1 column "
            "looks renamed and waits for your word (Destination for dest in flights)." in page
        )
        steps = page.partition("A build has nothing to do")[2]
        assert "coldframe quarantine" in steps
        assert "coldframe mapping\n" in steps
    assert "Nothing is due" not in built


def test_commands_name_the_source_and_can_be_typed_whatever_the_names(flights):
    samples.land_sample(flights.bench, ["2013-04"])
    rename(flights.bench, "dest", "--dest", file=FILE)
    ingest_batches(flights.bench)
    accept = 'coldframe mapping accept --source flights --reason "..." -- dest --dest'
    assert accept in flights("mapping", width=None).stdout
    assert accept.replace("accept", "decline") in flights("mapping", width=None).stdout
    typed = shlex.split(accept)[1:]
    elsewhere = ["--dataset", "flights"]
    told = flights(*typed[:-3], *elsewhere, *typed[-3:], width=None).stdout
    undo = 'coldframe mapping undo --source flights --reason "..." --dataset flights -- dest --dest'
    assert undo in told
    assert "open again" not in flights(*shlex.split(undo)[1:]).stderr
    assert flights.json("mapping")[0]["standing"] == "proposed"


def test_a_name_with_dashes_in_it_takes_no_command_apart():
    evidence = Renaming(column="a", delivered="b -- c", name=1.0, content=None)
    one = MappingStanding(
        source="s", column="a", delivered="b -- c", standing="proposed", evidence=evidence,
        batch="d", file="f",
    )  # fmt: skip
    command = mapping_command(one, "undo")
    (step,) = Session(dataset="flights").complete([Step(command, "")])
    assert step.command == (
        "coldframe mapping undo a 'b -- c' --source s --reason \"...\" --dataset flights"
    )
