from coldframe.figures.deliveries import Bar, describe_deliveries, draw_deliveries
from coldframe.ledger import Delivery


def delivery(source: str, batch: str, outcome: str, accepted: int, aside: int) -> Delivery:
    return Delivery(
        batch=batch, dataset="d", source=source, file=f"{batch}.csv", outcome=outcome,
        rows_accepted=accepted, rows_quarantined=aside, contract="c",
    )  # fmt: skip


def test_a_batch_that_was_judged_again_counts_as_it_was_judged_last():
    record = describe_deliveries(
        [
            delivery("flights", "a", "held", 0, 5),
            delivery("weather", "b", "quarantined", 9, 1),
            delivery("flights", "a", "accepted", 5, 0),
            delivery("flights", "c" * 40, "held", 0, 0),
        ]
    )
    assert record.title == "3 batches: 1 accepted whole, 1 with rows set aside, 1 held"
    assert dict(record.panels) == {
        "flights": (
            Bar(label="a", accepted=5, quarantined=0, held=False),
            Bar(label="c" * 23 + "…", accepted=0, quarantined=0, held=True),
        ),
        "weather": (Bar(label="b", accepted=9, quarantined=1, held=False),),
    }
    axes = draw_deliveries(record).axes
    assert [one.get_title() for one in axes] == ["flights", "weather"]
    assert [text.get_text() for text in axes[1].texts] == ["1 aside"]


def test_no_deliveries_make_an_empty_figure_that_says_what_will_fill_it():
    figure = draw_deliveries(describe_deliveries([]))
    assert figure.axes == []
    assert "no delivery was judged yet. It fills once" in figure.texts[-1].get_text()
