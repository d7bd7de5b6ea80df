"""Whatever is changed behind the ledger's back, `verify` finds, and says where."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from counts import count
from promoting import promote
from sqlalchemy import text

from coldframe.errors import ColdframeError, CorruptionError
from coldframe.ledger import Ledger, ModelVersion, register_model, rollback

LENGTH = 9


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """Return a ledger of nine entries; 5, 6 and 7 moved the champion."""
    ledger.append(dataset="flights", kind="note", key="1", body={"text": "one"}, who="me")
    ledger.append(dataset="flights", kind="note", key="2", body={"text": "two"}, who="me")
    digests = [
        register_model(
            ledger,
            ModelVersion(
                dataset="flights", estimator=letter * 64, recipe=letter, snapshot="flights@1",
                snapshot_id="s",
            ),
        ).digest
        for letter in "ab"
    ]  # fmt: skip
    before = None
    for digest in digests:
        promote(
            ledger, "flights", model=digest, expected=before, reason="better", who="me", key=digest
        )
        before = digest
    rollback(ledger, "flights", reason="worse", who="me")
    ledger.append(dataset="weather", kind="note", key="1", body={}, who=None)
    ledger.append(dataset="weather", kind="note", key="2", body={}, who=None)
    assert ledger.verify() == []
    assert ledger.head()[0] == LENGTH
    return ledger


def change(ledger: Ledger, *statements: str, **values: object) -> None:
    with ledger._engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", '{"text":"forged"}'),
        ("body", '{"text": "two"}'),  # the same, spelt otherwise
        ("body", "no json"),
        ("at", "1999-01-01T00:00:00.000000+00:00"),
        ("who", "somebody else"),
        ("dataset", "other"),
        ("kind", "other"),
        ("key", "other"),
        ("digest", "f" * 64),
        ("previous", "f" * 64),
    ],
)
def test_a_changed_field_is_found_at_its_entry(full: Ledger, column: str, value: str) -> None:
    change(full, f"UPDATE entries SET {column} = :value WHERE sequence = 2", value=value)
    damages = full.verify()
    assert damages
    assert damages[0].sequence == 2


def test_a_flipped_character_anywhere_in_a_body_is_found(full: Ledger) -> None:
    chance = random.Random(7)
    for _ in range(count(15, 300)):
        sequence = chance.randint(1, LENGTH)
        body = _body(full, sequence)
        at = chance.randrange(len(body))
        forged = body[:at] + chr((ord(body[at]) ^ 1) or 33) + body[at + 1 :]
        change(full, "UPDATE entries SET body = :b WHERE sequence = :s", b=forged, s=sequence)
        assert sequence in [damage.sequence for damage in full.verify()]
        change(full, "UPDATE entries SET body = :b WHERE sequence = :s", b=body, s=sequence)
        assert full.verify() == []


def _body(ledger: Ledger, sequence: int) -> str:
    with ledger._engine.connect() as connection:
        query = text("SELECT body FROM entries WHERE sequence = :s")
        return connection.execute(query, {"s": sequence}).scalar_one()


@pytest.mark.parametrize("sequence", range(1, LENGTH + 1))
def test_a_deleted_entry_is_missed(full: Ledger, sequence: int) -> None:
    change(full, "DELETE FROM entries WHERE sequence = :s", s=sequence)
    # the gap shows at the entry after it; the last one is missed by the ledger's head
    assert full.verify()[0].sequence == min(sequence + 1, LENGTH)


def test_deleted_entries_whose_numbers_were_closed_up_are_missed(full: Ledger) -> None:
    change(
        full,
        "DELETE FROM entries WHERE sequence = 2",
        "UPDATE entries SET sequence = 2 WHERE sequence = 3",
    )
    assert full.verify()[0].sequence == 2


def test_two_entries_that_changed_places_are_found(full: Ledger) -> None:
    change(
        full,
        "UPDATE entries SET sequence = -1 WHERE sequence = 2",
        "UPDATE entries SET sequence = 2 WHERE sequence = 3",
        "UPDATE entries SET sequence = 3 WHERE sequence = -1",
    )
    assert {damage.sequence for damage in full.verify()} >= {2, 3}


def test_two_bodies_that_changed_places_are_found(full: Ledger) -> None:
    one, two = _body(full, 1), _body(full, 2)
    change(full, "UPDATE entries SET body = :b WHERE sequence = 1", b=two)
    change(full, "UPDATE entries SET body = :b WHERE sequence = 2", b=one)
    assert [damage.sequence for damage in full.verify()] == [1, 2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE champions SET model = 'forged'",
        "UPDATE champions SET sequence = 6",
        "UPDATE champions SET dataset = 'other'",
        "DELETE FROM champions",
        "INSERT INTO champions (dataset, model, sequence) VALUES ('weather', 'forged', 8)",
    ],
)
def test_a_champion_moved_by_hand_is_found(full: Ledger, statement: str) -> None:
    change(full, statement)
    damages = full.verify()
    assert damages
    assert any("champion" in damage.what for damage in damages)


def test_a_head_that_was_moved_is_found(full: Ledger) -> None:
    change(full, "UPDATE ledger SET sequence = 8")
    assert full.verify()[0].sequence == 8


def test_a_head_that_was_deleted_is_told_and_not_made_anew(full: Ledger) -> None:
    change(full, "DELETE FROM ledger")
    assert "where it ends" in full.verify()[0].what
    with pytest.raises(CorruptionError, match="where it ends"):
        Ledger.open(full._engine.url.render_as_string(hide_password=False))
    with pytest.raises(CorruptionError, match="where it ends"):
        full.append(dataset="d", kind="k", key="1", body={})


def test_an_entry_put_in_by_hand_is_found(full: Ledger) -> None:
    change(
        full,
        "INSERT INTO entries (sequence, at, dataset, kind, key, who, body, previous, digest) "
        "VALUES (10, 'now', 'flights', 'decision', '9', 'me', '{}', 'forged', 'forged')",
    )
    assert full.verify()[0].sequence == 10


@pytest.mark.parametrize("text_", ['"forged"', "NaN", "1e999", '"\\ud800"'])
def test_a_changed_entry_is_found_by_whoever_reads_it(full: Ledger, text_: str) -> None:
    change(full, "UPDATE entries SET body = :b WHERE sequence = 2", b=f'{{"text":{text_}}}')
    for use in (
        lambda: full.entries("flights", "note"),
        lambda: full.entries(after=1, limit=1),
        lambda: full.append(dataset="flights", kind="note", key="2", body={"text": "forged"}),
    ):
        with pytest.raises(CorruptionError, match="not what was written") as caught:
            use()
        assert caught.value.where == "entry 2, flights, note 2"
        assert "last good copy" in caught.value.remedy
    assert [entry.sequence for entry in full.entries("weather")] == [8, 9]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE champions SET model = 'forged'",
        "UPDATE champions SET sequence = 6",
        "UPDATE champions SET dataset = 'other'",
        "DELETE FROM champions",
    ],
)
def test_a_champion_moved_by_hand_is_found_by_whoever_asks(full: Ledger, statement: str) -> None:
    change(full, statement)
    with pytest.raises(CorruptionError, match="not the model that the last promotion names"):
        full.champion("flights")
    with pytest.raises(CorruptionError, match="not the model"):
        rollback(full, "flights", reason="worse", who="me")


def test_an_index_that_lost_an_entry_is_found_before_it_hides_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = Ledger.open(f"sqlite:///{path}")
    ledger.append(dataset="flights", kind="note", key="known-batch", body={"text": "x"})
    good = path.read_bytes()
    places = [n for n in range(len(good)) if good.startswith(b"known-batch", n)]
    assert len(places) > 1  # the row, and the index of its name
    for place in places:
        path.write_bytes(good[:place] + b"Known-batch" + good[place + 11 :])
        with pytest.raises(CorruptionError):
            Ledger.open(ledger.url).entries("flights", "note", key="known-batch")
        with pytest.raises(CorruptionError):
            Ledger.open(ledger.url).append(
                dataset="flights", kind="note", key="known-batch", body={"text": "x"}
            )


def _use(url: str) -> object:
    """Return what somebody who works with the ledger is told."""
    ledger = Ledger.open(url)
    with ledger.reading() as reader:
        found = [reader.find("flights", "note", str(n)) for n in range(30)]
    count_of = len(ledger.entries("flights", "note"))
    return ledger.entries(), found, count_of, ledger.champion("flights"), ledger.head()


def test_a_byte_anywhere_in_the_file_is_found_before_it_is_used(tmp_path: Path) -> None:
    path, chance = tmp_path / "ledger.db", random.Random(2013)
    url = f"sqlite:///{path}"
    ledger = Ledger.open(url)
    for n in range(30):
        ledger.append(dataset="flights", kind="note", key=str(n), body={"text": "x" * 200})
    first = ModelVersion(
        dataset="flights", estimator="a" * 64, recipe="a", snapshot="flights@1", snapshot_id="s"
    )
    digest = register_model(ledger, first).digest
    promote(ledger, "flights", model=digest, expected=None, reason="first", who="me", key="1")
    good, due = path.read_bytes(), _use(url)
    noticed = 0
    for number in range(count(60, 1500)):
        spoiled = bytearray(good)
        place = chance.randrange(1, len(good))  # without any byte it is a ledger not yet begun
        if number % 5:
            spoiled[place] ^= 1 << chance.randrange(8)
        else:
            del spoiled[place:]
        path.write_bytes(spoiled)
        error = _fault(lambda: _told_the_same(url, due))
        if error:
            noticed += 1
            assert error.where
            assert error.remedy
            assert _fault(lambda: _told_sound(url))
    assert noticed > 10  # the rest hit unused bytes


def _fault(work: Callable[[], None]) -> ColdframeError | None:
    try:
        work()
    except ColdframeError as error:
        return error
    return None


def _told_the_same(url: str, due: object) -> None:
    assert _use(url) == due


def _told_sound(url: str) -> None:
    if damages := Ledger.open(url).verify():
        raise CorruptionError(str(damages[0]))
