"""The real feed of the flights, every 20th of them: a demonstration that takes seconds."""

from pathlib import Path

import samples

from flights import feed

periods = feed.periods


def default_periods() -> list[str]:
    return feed.periods()[:2]


def land(period: str, landing: Path) -> list[Path]:
    return feed.land(period, landing, every=samples.EVERY)
