"""The three tables of a ledger, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = 1
"""What these tables are; a later Coldframe that changes them counts one up."""

METADATA = MetaData()

# One row. It tells a fresh database from a made one, is what a PostgreSQL writer locks, and
# makes a deleted last entry visible, which the chain alone would not show.
HEAD = Table(
    "ledger",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)

# Times and bodies are text: the digest is over characters, and no database may respell them.
ENTRIES = Table(
    "entries",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("who", Text),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False, unique=True),  # no entry has two successors
    Column("digest", Text, nullable=False),
    UniqueConstraint("dataset", "kind", "key"),
    Index("entries_in_order", "dataset", "kind", "sequence"),
)

CHAMPIONS = Table(
    "champions",
    METADATA,
    Column("dataset", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),  # of the entry that put it there
)
