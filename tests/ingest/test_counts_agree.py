"""How many deliveries are new and how many were judged: one number, or the difference is told."""

import samples
import yaml

from coldframe.ingest import ingest_batches, ingest_inputs
from coldframe.notebook.ingested import tell_deliveries
from coldframe.pipeline import build


def land(bench, source, text, name="odd.csv"):
    folder = bench.settings.landing / "flights" / source
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_the_same_bytes_as_two_sources_are_two_deliveries(tmp_path):
    bench = samples.open_bench(samples.write_project(tmp_path / "project"))
    build(bench.settings).raise_for_failure()
    for source in ("flights", "weather"):
        land(bench, source, "<html>502</html>\n")
    assert len(ingest_inputs(bench)["pending"]) == 2
    said = str(build(bench.settings))
    assert "2 new deliveries" in said
    assert "judged: 0 accepted whole, 0 with rows set aside, 2 held\n" in said


def test_what_was_held_before_and_is_judged_again_is_no_new_delivery(tmp_path):
    bench = samples.open_bench(samples.write_project(tmp_path / "project"))
    land(bench, "flights", "<html>502</html>\n")
    first = ingest_batches(bench)
    assert (first.again, "before" in first.summary) == (0, False)
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["flights"]["columns"]["distance"]["maximum"] = 7000
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    changed = samples.open_bench(bench.settings.root)
    land(changed, "flights", "<html>503</html>\n", "another.csv")
    report = ingest_batches(changed)
    said = (
        "judged: 0 accepted whole, 0 with rows set aside, 2 held; 1 of them had been held before, "
        "by another version of the contract"
    )
    assert report.to_json()["summary"] == said
    assert f"2 batches {said};" in repr(tell_deliveries(report, changed.dataset))
