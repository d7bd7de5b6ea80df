"""`coldframe diff`: the difference of two snapshots, for people and programs."""

import pytest


def test_two_months_are_compared(flights):
    told = flights.json("diff", "flights@1", "flights@3")
    assert not told["same"]
    assert [told[side]["name"] for side in ("before", "after")] == ["flights@1", "flights@3"]
    assert len(told["batches_added"]) == 6
    assert told["batches_removed"] == []
    (table,) = [one for one in told["tables"] if one["table"] == "flights"]
    assert table["rows_added"] == table["rows"][1] - table["rows"][0] > 0
    assert table["rows_removed"] == 0
    shifts = {one["column"]: one for one in told["shifts"]["flights"]}
    assert shifts["origin"]["kind"] == "categorical"
    assert sum(share["before"] for share in shifts["origin"]["shares"]) == pytest.approx(1)
    store = flights.bench.store
    for side, name in (("before", "flights@1"), ("after", "flights@3")):
        delays = store.read(name, "flights", columns=["sched_dep_time"])["sched_dep_time"]
        assert shifts["sched_dep_time"][side]["mean"] == pytest.approx(delays.mean(), rel=1e-9)
        assert shifts["sched_dep_time"][side]["nulls"] == pytest.approx(delays.isna().mean())
    distances = [one["distance"] or 0 for one in told["shifts"]["flights"]]
    assert distances == sorted(distances, reverse=True)
    page = flights("diff", "flights@1", "flights@3").stdout
    for text in (
        "flights@1",
        "flights@3",
        "6: ",
        "deliveries added",
        "origin",
        "distance",
        "added",
    ):
        assert text in page
    assert "0 is alike, 1 has nothing in common" in " ".join(page.split())
    # whole numbers are told whole, as are years, others to four digits behind the point
    median = shifts["sched_dep_time"]["before"]["quantiles"]["50%"]
    assert median == int(median) > 999
    (line,) = [
        one for one in flights("diff", "flights@1", "flights@3", width=None).stdout.splitlines()
        if one.split()[:1] == ["sched_dep_time"]
    ]  # fmt: skip
    assert f"{int(median)} to " in line
    assert f"{int(median)}.0" not in line
    assert f"{shifts['sched_dep_time']['before']['mean']:.4f} to " in line


def test_the_same_is_told_and_reads_nothing(flights):
    told = flights.json("diff", "flights@3", "flights")
    assert told["same"]
    assert told["shifts"] == {}
    assert "the same rows" in flights("diff", "flights@3", "flights").stdout


def test_quick_compares_no_values_even_if_a_part_is_damaged(flights):
    for part in flights.home.glob("store/objects/*/*.parquet"):
        part.chmod(0o644)
        part.write_bytes(b"")
    assert flights.json("diff", "flights@1", "flights@3", "--quick")["shifts"] == {}
    flights("diff", "flights@1", "flights@3", code=6)
    flights("diff", "flights@1", "flights@9", code=4)
