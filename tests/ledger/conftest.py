"""Every test that asks for `url` or `ledger` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from postgres import fresh_postgres, postgres_server

from coldframe.ledger import Ledger

__all__ = ["fresh_postgres", "postgres_server"]  # fixtures, found by their names


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a function; each call gives the URL of a ledger that does not exist yet."""
    if request.param == "postgresql":
        return request.getfixturevalue("fresh_postgres")
    numbers = itertools.count(1)
    return lambda: f"sqlite:///{tmp_path}/home/{next(numbers)}.db"


@pytest.fixture
def url(fresh_url: Callable[[], str]) -> str:
    """URL of a ledger that does not exist yet."""
    return fresh_url()


@pytest.fixture
def ledger(url: str) -> Ledger:
    """Return a fresh ledger with its tables."""
    fresh = Ledger.open(url)
    with fresh.writing():
        return fresh
