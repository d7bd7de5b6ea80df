"""`coldframe quality`: on the terminal, as JSON, as a page."""

from coldframe.cli.quality import SHOWN
from coldframe.ingest import ingest_batches


def test_it_tells_of_the_newest_snapshot_and_writes_a_page(flights, tmp_path):
    page = tmp_path / "quality.html"
    shown = flights("quality", "--html", page, width=None).stdout
    assert "flights@3  beside flights@2" in shown
    assert page.read_text("utf-8").startswith("<!doctype html>")
    told = flights.json("quality", "flights@2")
    weather = next(one for one in told["tables"] if one["name"] == "weather")
    assert weather["batches"][0]["aside"] == 1
    assert flights("quality", "flights@9", code=4).stderr
    assert flights("quality", "--html", page / "x.html", code=3).stderr


def test_a_table_that_is_cut_says_how_many_are_left_out_and_where_they_are(flights):
    shown = flights("quality", width=None).stdout
    told = flights.json("quality")["tables"]
    cut = [len(one["columns"]) for one in told if len(one["columns"]) > SHOWN]
    assert cut
    for columns in cut:
        more = f"and {columns - SHOWN} more columns: all are in --html FILE and in --json"
        assert shown.count(more) == cut.count(columns)
    assert shown.count(" more column") == len(cut)


def test_broken_rules_that_are_cut_are_counted(flights):
    folder = flights.home / "landing" / "flights" / "weather"
    head, *rows = (folder / "weather-2013-02.csv").read_text().splitlines()
    rows = [row.replace("2013-02", "2013-04").replace(",2013,2,", ",2013,4,") for row in rows]
    beyond = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")
    fields = rows[3].split(",")
    for name in beyond:
        fields[head.split(",").index(name)] = "9999"
    rows[3] = ",".join(fields)
    (folder / "weather-2013-04.csv").write_text("\n".join([head, *rows]) + "\n")
    ingest_batches(flights.bench)
    shown = flights("quality", width=None).stdout
    broken = [one for one in flights.json("quality")["tables"] if one["batches"]]
    left = len(broken[0]["batches"][0]["broken"]) - SHOWN
    assert left >= len(beyond) - SHOWN
    assert f"and {left} more broken rules: all are in --html FILE and in --json" in shown
