"""Entries: written once, in order, chained, and refused where they cannot be kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from counts import count
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.errors import (
    ConfigurationError,
    ConflictError,
    CorruptionError,
    DataError,
    EnvironmentFaultError,
)
from coldframe.ledger import Ledger
from coldframe.ledger.chain import GENESIS, entry_digest
from coldframe.ledger.engine import has_tables, parse_url

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(TEXT, JSON, max_size=4)


def write(ledger: Ledger, key: str, **body: object):
    return ledger.append(dataset="flights", kind="note", key=key, body=body, who="me")


def test_an_entry_is_chained_to_the_one_before(ledger: Ledger) -> None:
    first, second = write(ledger, "a", n=1), write(ledger, "b", n=2)
    assert (first.sequence, first.previous) == (1, GENESIS)
    assert (second.sequence, second.previous) == (2, first.digest)
    assert ledger.head() == (2, second.digest)
    assert second.digest == entry_digest(
        previous=first.digest, dataset="flights", kind="note", key="b", body={"n": 2},
        at=second.at, who="me",
    )  # fmt: skip


def test_the_digest_of_a_known_entry_is_known() -> None:
    # by sha256sum; another canonical form would make every old ledger look tampered with
    digest = entry_digest(
        previous=GENESIS, dataset="flights", kind="note", key="é", body={"b": [1, 2.5], "a": None},
        at="2013-01-01T00:00:00.000000+00:00", who=None,
    )  # fmt: skip
    assert digest == "09eb9e44c975899998b6a9745ca10f3fa2bddabae8667e711849a51cc7c3de34"


def test_appending_the_same_again_returns_the_first_entry(ledger: Ledger) -> None:
    first = write(ledger, "a", x=[1, 2], y={"b": 1, "a": 2})
    write(ledger, "b")
    assert write(ledger, "a", y={"a": 2, "b": 1}, x=(1, 2)) == first
    assert len(ledger.entries()) == 2


def test_another_body_under_the_same_key_is_a_conflict(ledger: Ledger) -> None:
    write(ledger, "a", n=1)
    with pytest.raises(ConflictError, match="something else") as caught:
        write(ledger, "a", n=2)
    assert "entry 1" in str(caught.value)
    assert [entry.body for entry in ledger.entries()] == [{"n": 1}]


def test_the_same_key_may_serve_other_kinds_and_datasets(ledger: Ledger) -> None:
    for dataset, kind in [("a", "x"), ("a", "y"), ("b", "x")]:
        ledger.append(dataset=dataset, kind=kind, key="1", body={})
    assert len(ledger.entries()) == 3


def test_entries_are_chosen_by_dataset_kind_key_sequence_and_limit(ledger: Ledger) -> None:
    for n in range(6):
        ledger.append(dataset="ab"[n % 2], kind="xy"[n // 3], key=str(n), body={})

    def sequences(*names: str, **options: object) -> list[int]:
        return [entry.sequence for entry in ledger.entries(*names, **options)]

    assert sequences() == [1, 2, 3, 4, 5, 6]
    assert sequences("a") == [1, 3, 5]
    assert sequences("b", "y") == [4, 6]
    assert sequences(after=4) == [5, 6]
    assert sequences(after=1, limit=2) == [2, 3]
    assert sequences(key="3") == [4]
    assert sequences("nobody") == []


def test_what_was_written_is_read_back_by_another_opener(url: str) -> None:
    @settings(max_examples=count(15, 200), deadline=None)
    @given(BODIES, TEXT.filter(lambda text: text and "\0" not in text))
    def check(body: dict[str, object], key: str) -> None:
        here, there = Ledger.open(url), Ledger.open(url)
        number = here.head()[0]
        written = here.append(dataset="d", kind=f"k{number}", key=key, body=body)
        (found,) = there.entries("d", f"k{number}")
        assert found == written
        assert found.body == body
        assert repr(found.body) == repr(written.body)  # 1 stays 1 and 1.0 stays 1.0

    check()
    assert Ledger.open(url).verify() == []


@pytest.mark.parametrize(
    "body",
    [
        {"x": float("nan")},
        {"x": [1.0, float("inf")]},
        {"x": {1: "a"}},
        {"x": {"y": {1, 2}}},
        {"x": Path("a")},
        {"x": b"a"},
        {"x": "\ud800"},
    ],
)
def test_a_body_that_json_cannot_say_is_refused(ledger: Ledger, body: dict[str, object]) -> None:
    with pytest.raises(DataError):
        ledger.append(dataset="d", kind="k", key="1", body=body)
    assert ledger.entries() == []


def test_the_place_of_an_unwritable_value_is_named(ledger: Ledger) -> None:
    with pytest.raises(DataError, match=r"body\.figures\[1\]\.auc"):
        write(ledger, "a", figures=[{}, {"auc": float("nan")}])


@pytest.mark.parametrize("name", ["", "a\0b", "\udc80"])
@pytest.mark.parametrize("field", ["dataset", "kind", "key", "who"])
def test_a_name_that_no_database_holds_is_refused(ledger: Ledger, field: str, name: str) -> None:
    names = {"dataset": "d", "kind": "k", "key": "1", "who": "me"}
    with pytest.raises(DataError, match=field):
        ledger.append(**{**names, field: name}, body={})


def test_a_clock_that_is_set_back_breaks_neither_order_nor_chain(ledger: Ledger) -> None:
    # the hour before is a real system clock as another machine of a team may have it
    program = (
        "import sys, datetime as d, coldframe.ledger.transaction as t\n"
        "class Late(d.datetime):\n"
        "    @classmethod\n"
        "    def now(cls, tz): return d.datetime.now(tz) - d.timedelta(hours=1)\n"
        "t.datetime = Late\n"
        "from coldframe.ledger import Ledger\n"
        "Ledger.open(sys.argv[1]).append(dataset='flights', kind='note', key='late', body={})\n"
    )
    write(ledger, "a")
    url = ledger._engine.url.render_as_string(hide_password=False)
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, url], check=True, env={**os.environ, **path})
    write(ledger, "b")
    entries = ledger.entries()
    assert [entry.key for entry in entries] == ["a", "late", "b"]
    assert entries[1].at < entries[0].at
    assert ledger.verify() == []


def test_an_error_inside_a_transaction_leaves_nothing_of_it(ledger: Ledger) -> None:
    def write_two_and_fail() -> None:
        with ledger.writing() as transaction:
            transaction.append(dataset="d", kind="k", key="1", body={})
            transaction.append(dataset="d", kind="k", key="2", body={})
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_two_and_fail()
    assert ledger.entries() == []
    assert ledger.head() == (0, GENESIS)
    write(ledger, "a")
    assert ledger.verify() == []


def test_a_reader_sees_one_state_while_others_write(ledger: Ledger) -> None:
    write(ledger, "a")
    if ledger.url.startswith("sqlite"):
        pytest.skip("without WAL a SQLite writer waits until the readers are done")
    with ledger.reading() as reader:
        assert len(reader.entries()) == 1
        write(ledger, "b")
        assert len(reader.entries()) == 1
        assert reader.head()[0] == 1
    assert len(ledger.entries()) == 2


def test_looking_at_a_ledger_that_is_not_there_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "home" / "ledger.db"
    ledger = Ledger.open(f"sqlite:///{path}")
    assert ledger.entries() == []
    assert ledger.head() == (0, GENESIS)
    assert ledger.champion("flights") is None
    assert ledger.verify() == []
    with ledger.reading() as reader:
        assert reader.find("flights", "note", "a") is None
        assert reader.count("flights", "note") == 0
        assert reader.champions() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_another_made_meanwhile_is_seen(fresh_url: Callable[[], str]) -> None:
    url = fresh_url()
    early = Ledger.open(url)
    assert early.entries() == []
    first = write(Ledger.open(url), "a")
    assert early.entries() == [first]
    assert early.verify() == []
    assert write(early, "b").sequence == 2


def test_looking_makes_no_tables_in_postgresql(fresh_postgres: Callable[[], str]) -> None:
    url = fresh_postgres()
    ledger = Ledger.open(url)
    assert ledger.entries() == []
    assert not has_tables(ledger._engine)
    write(ledger, "a")
    assert has_tables(ledger._engine)


def test_a_relative_path_means_the_folder_at_the_time_of_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = Ledger.open("sqlite:///home/ledger.db")
    monkeypatch.chdir("/")
    write(ledger, "a")
    assert (tmp_path / "home" / "ledger.db").is_file()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://somebody@example.org/x", "sqlite:///file:x.db?uri=true"]
)
def test_another_kind_of_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Ledger.open(url)


def test_a_password_is_never_shown() -> None:
    url = parse_url("postgresql://me:secret@127.0.0.1:1/ledger")
    with pytest.raises(EnvironmentFaultError) as caught:
        Ledger.open(url.render_as_string(hide_password=False))
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_database_that_is_not_there_is_no_damage(postgres_server: str) -> None:
    with pytest.raises(EnvironmentFaultError, match="nowhere"):
        Ledger.open(postgres_server.replace("/postgres?", "/nowhere?"))


def test_a_table_that_is_gone_is_damage(ledger: Ledger) -> None:
    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE entries")
    with pytest.raises(CorruptionError, match="entries"):
        ledger.entries()
    assert "entries" in ledger.verify()[0].what


def test_a_file_that_is_no_database_is_told_as_damage(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"<html>" * 1000)
    with pytest.raises(CorruptionError, match="damaged"):
        Ledger.open(f"sqlite:///{path}")


def test_tables_of_another_version_are_left_alone(ledger: Ledger) -> None:
    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ledger SET version = 99")
    with pytest.raises(ConfigurationError, match="version 99"):
        Ledger.open(ledger._engine.url.render_as_string(hide_password=False))


def test_a_writer_that_waits_in_vain_is_told_so(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger.writing():  # with its full patience, which also limits how long it may idle
        monkeypatch.setattr("coldframe.ledger.engine.PATIENCE", 1)
        impatient = Ledger.open(ledger._engine.url.render_as_string(hide_password=False))
        with pytest.raises(ConflictError, match="stayed busy for 1 seconds"):
            write(impatient, "a")
    write(impatient, "a")


def test_importing_the_ledger_imports_nothing_heavy() -> None:
    program = (
        "import sys, coldframe.ledger\n"
        "heavy = {'pandas', 'pyarrow', 'numpy', 'sklearn', 'psycopg', 'matplotlib'}\n"
        "sys.exit(', '.join(sorted(heavy & sys.modules.keys())) or 0)\n"
    )
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, **path})
