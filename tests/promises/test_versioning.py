"""Promise 8: a model can be traced to the bytes that were delivered, and made again from them.

What a model was made from cannot have changed since: a damaged byte is found before it is read.
"""

import shutil

import pytest
import samples
from promises.training import train_first

from coldframe.errors import CorruptionError
from coldframe.lineage import trace_model
from coldframe.provenance import file_digest


@pytest.fixture(scope="module")
def bench(champion_root, tmp_path_factory):
    root = tmp_path_factory.mktemp("versioned") / "project"
    shutil.copytree(champion_root, root, symlinks=True)
    return samples.open_bench(root)


def test_a_model_is_traced_to_files_code_parameters_and_environment(bench):
    found = trace_model(bench, "v1")
    landed = {file_digest(path) for path in bench.settings.landing.rglob("*.csv")}
    assert {origin.batch.digest for origin in found.origins} == landed
    assert all(origin.delivery.contract for origin in found.origins)
    assert found.snapshot.id == found.model.snapshot_id
    assert found.model.parameters["max_iter"] == 5
    assert found.model.code
    assert found.same_environment
    assert (found.decision.who, found.decision.verdict) == ("jane", "approved")
    assert found.lost == ()


def test_made_again_from_the_same_deliveries_it_says_the_same(bench, tmp_path):
    again = train_first(
        samples.write_project(tmp_path / "project", policy={"minimum_labelled_rows": 100})
    )
    first, second = (trace_model(one, "v1").model for one in (bench, again))
    assert second.snapshot_id == first.snapshot_id
    assert second.recipe == first.recipe
    frame = bench.frame(bench.store.open(first.snapshot_id))
    said = [
        one.models.load(version.estimator).predict_proba(one.matrix(version, frame)).tobytes()
        for one, version in ((bench, first), (again, second))
    ]
    assert said[0] == said[1]


def read_all(bench, snapshot):
    return [bench.store.read(snapshot, table) for table in snapshot.tables]


def test_a_damaged_byte_is_found_before_it_is_read(bench):
    snapshot = bench.store.head("flights")
    part = max(
        bench.settings.home.rglob("store/objects/*/*.parquet"), key=lambda p: p.stat().st_size
    )
    whole = part.read_bytes()
    part.chmod(0o644)
    # in the footer's name of the writer, which no checksum of Parquet guards
    place = whole.rindex(b"parquet-cpp")
    part.write_bytes(whole[:place] + b"P" + whole[place + 1 :])
    try:
        with pytest.raises(CorruptionError):
            read_all(bench, snapshot)
    finally:
        part.write_bytes(whole)
