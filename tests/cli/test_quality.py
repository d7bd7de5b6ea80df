"""`coldframe quality`: on the terminal, as JSON, as a page."""


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
