"""Every example of docs/sources.md is a source, and the one from a database is pulled."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from pulling.orders import landed, write_project

from coldframe.ingest import ingest_batches
from coldframe.pulling import pull_sources
from coldframe.readers import KINDS

TEXT = (Path(__file__).parents[2] / "docs" / "sources.md").read_text("utf-8")
EXAMPLES = [yaml.safe_load(text)["orders"] for text in re.findall(r"```yaml\n(.*?)```", TEXT, re.S)]


def test_every_kind_and_every_way_to_pull_has_an_example():
    assert {one.get("kind", "csv") for one in EXAMPLES} == set(KINDS)
    assert [sorted(one["pull"]) for one in EXAMPLES if "pull" in one] == [
        ["url"], ["lookback", "query", "since", "url", "watermark"],
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_a_source(tmp_path, number):
    bench = write_project(tmp_path / "project", orders=EXAMPLES[number])
    assert bench.dataset.sources["orders"].key == ("id",)


def test_the_database_of_the_example_is_pulled_and_ingested(tmp_path, fresh_postgres, monkeypatch):
    monkeypatch.setenv("SHOP_DATABASE", fresh_postgres())
    bench = write_project(tmp_path / "project", orders=EXAMPLES[-1])
    url = sa.make_url(fresh_postgres()).set(drivername="postgresql+psycopg")
    monkeypatch.setenv("SHOP_DATABASE", url.render_as_string(hide_password=False))
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(
            "CREATE TABLE orders (id bigint, amount numeric, note text, changed_at timestamptz)"
        ))  # fmt: skip
        connection.execute(sa.text(
            "INSERT INTO orders VALUES (1, 1.50, '', '2013-07-01 05:00-04'), (2, NULL, 'NA', now())"
        ))  # fmt: skip
    (source,) = pull_sources(bench).sources
    assert source.fault is None
    assert list(landed(bench)) == ["orders-000001.jsonl"]
    snapshot = ingest_batches(bench).snapshot
    frame = bench.store.read(snapshot, "orders")
    assert frame["note"].tolist() == ["", "NA"]
    assert frame["amount"].isna().tolist() == [False, True]
    assert frame["changed_at"][0].isoformat() == "2013-07-01T09:00:00+00:00"
