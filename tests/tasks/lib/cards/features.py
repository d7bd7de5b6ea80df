"""Features of an application, and the card that was given once it is known."""

import pandas as pd


def build_features(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row for each application."""
    cards = tables["cards"][["id", "card"]]
    return tables["applications"].merge(cards, on="id", how="left", validate="many_to_one")
