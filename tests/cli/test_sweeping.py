"""`coldframe sweep` on a terminal: what is not shown is said."""


def test_the_trials_that_are_not_shown_are_counted(flights):
    words = ["sweep", "--snapshot", "flights@3", "--study", "spring", "--trials"]
    assert "--json tells" not in flights(*words, 10).stdout
    shown = flights(*words, 12).stdout
    assert "12 complete, 2 of them run now" in shown
    assert "the best 10 of 12 trials; --json tells the other 2" in shown
    assert len(flights.json(*words, 12)["trials"]) == 12
