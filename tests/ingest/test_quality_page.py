"""The quality report that a run of ingest leaves beside its page."""

import samples

from coldframe.cli.terminal import spell_json
from coldframe.ingest import ingest_batches
from coldframe.notebook.ingested import write_quality
from coldframe.status import read_status


def test_what_was_frozen_has_its_report_beside_the_ingest_page(bench):
    samples.land_sample(bench, ["2013-01"])
    report = ingest_batches(bench)
    assert "`quality.html`" in write_quality(bench, report).text
    page = bench.settings.home / "latest" / "flights" / "quality.html"
    assert "Quality of flights@1" in page.read_text("utf-8")
    assert read_status(bench).quality == page
    assert "Nothing new was frozen" in str(write_quality(bench, ingest_batches(bench)))
    assert spell_json(read_status(bench).quality) == f'"{page}"'


def test_a_page_that_cannot_be_written_fails_no_run(bench):
    samples.land_sample(bench, ["2013-01"])
    report = ingest_batches(bench)
    (bench.settings.home / "latest").write_text("no folder")
    told = str(write_quality(bench, report))
    assert "was not written" in told
    assert "coldframe quality flights@1 --html" in told
