"""`coldframe release`: overrule a hold, see it wait, see it taken."""

from coldframe.ingest import ingest_batches
from coldframe.ledger import deliveries

FILE = "arrivals-2013-03.csv"


def hold(flights):
    """Deliver too few of March's arrivals; return the held batch."""
    landing = flights.home / "landing" / "flights" / "arrivals"
    text = (landing / "arrivals-2013-02.csv").read_text().replace("2013-02-", "2013-03-")
    (landing / FILE).write_text("".join(text.splitlines(keepends=True)[:61]))
    ingest_batches(flights.bench)
    return next(d for d in deliveries(flights.bench.ledger, "flights") if d.file == FILE)


def test_a_hold_is_overruled_and_everybody_says_so(flights):
    held = hold(flights)
    digits = held.batch[:10]
    listed = flights("quarantine", width=None).stdout
    assert f'coldframe release {digits} --reason "..."' in listed
    said = flights("release", digits, "--reason", "a strike", "--who", "jane", width=None).stdout
    word = "Released by jane (a strike), who overrules row_count: the next build takes its fit rows"
    assert word in said
    assert "coldframe build" in said
    for page in (flights("quarantine", width=None), flights("status", width=None)):
        assert word in page.stdout
    assert flights.json("status")["releases"][0]["standing"] == "waiting"
    ingest_batches(flights.bench)
    status = flights("status", width=None).stdout
    assert "Released by jane (a strike), who overrules row_count: 60 rows of it taken." in status
    assert "released by jane: a strike" in flights("lineage", "flights@4", width=None).stdout
    again = flights("release", digits, "--reason", "again", width=None).stdout
    assert "It was released already" in again
    assert "jane" in again


def test_a_file_that_is_no_table_is_refused_with_what_to_do(flights):
    (held,) = flights.json("status")["deliveries"]["held"]
    error = flights("release", held["batch"][:10], "--reason", "take it", code=5, width=None).stderr
    assert "cannot be read row by row" in error
    assert "correct the file and deliver it as flights-2013-04.csv" in error
    assert "coldframe release" not in flights("quarantine", width=None).stdout


def test_a_batch_that_is_not_held_is_refused(flights):
    first = deliveries(flights.bench.ledger, "flights")[0]
    error = flights("release", first.batch[:10], "--reason", "take it", code=7, width=None).stderr
    assert "This batch is not held" in error
    assert flights("release", "ffff", "--reason", "take it", code=4).stderr


def test_each_batch_that_could_be_released_is_offered_or_counted(flights):
    landing = flights.home / "landing" / "flights" / "arrivals"
    text = (landing / "arrivals-2013-02.csv").read_text()
    for month in range(3, 10):
        rows = text.replace("2013-02-", f"2013-{month:02}-").splitlines(keepends=True)
        (landing / f"arrivals-2013-{month:02}.csv").write_text("".join(rows[:61]))
    ingest_batches(flights.bench)
    held = [d for d in deliveries(flights.bench.ledger, "flights") if d.outcome == "held"]
    short = [one.batch[:10] for one in held if one.source == "arrivals"]
    assert len(short) == 7
    shown = flights("quarantine", width=None).stdout
    offered = [one for one in short if f'coldframe release {one} --reason "..."' in shown]
    assert offered == short[2:]
    assert "2 earlier batches can be released alike, by the digits above." in shown
