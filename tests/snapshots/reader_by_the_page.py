"""A reader of snapshots written from docs/manifest.md alone: JSON, SHA-256 and pyarrow."""

import hashlib
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


class Store:
    def __init__(self, root: Path) -> None:
        self.root = root

    def newest(self, dataset: str) -> str:
        """The id of the newest version."""
        versions = [
            int(path.name) for path in (self.root / "refs" / dataset / "versions").iterdir()
        ]
        return self.sealed(f"{dataset}/versions/{max(versions)}", "refs")[0]

    def tagged(self, dataset: str, tag: str) -> str:
        return self.sealed(f"{dataset}/tags/{tag}", "refs")[0]

    def sealed(self, subject: str, folder: str) -> list[str]:
        *ids, seal = (self.root / folder / subject).read_text("ascii").splitlines()
        if hashlib.sha256("\n".join([subject, *ids]).encode()).hexdigest() != seal:
            raise ValueError(f"{subject} was damaged")
        return ids

    def bytes_of(self, digest: str, suffix: str) -> bytes:
        data = (self.root / "objects" / digest[:2] / f"{digest}{suffix}").read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise ValueError(f"{digest}{suffix} was damaged")
        return data

    def json_of(self, digest: str, suffix: str = ".json") -> dict:
        return json.loads(self.bytes_of(digest, suffix))

    def manifest(self, id_: str) -> dict:
        found = self.json_of(id_, ".snapshot.json")
        if found["format"] != "coldframe.snapshot/1":
            raise ValueError("another format")
        return found

    def items(self, listed: dict) -> list[dict]:
        """The items of a list, oldest first."""
        found: list = []
        for depth in reversed(range(len(listed["levels"]))):
            below = listed["levels"][depth]
            for level in reversed(range(depth)):
                segments = [self.json_of(digest) for digest in below]
                if any(one["level"] != level or len(one["items"]) != 64 for one in segments):
                    raise ValueError("no segment of that level")
                below = [item for one in segments for item in one["items"]]
            found += below
        if len(found) != listed["count"]:
            raise ValueError("a list that does not count its items")
        return found

    def read(self, id_: str, table: str) -> pa.Table:
        """The rows of a table."""
        record = self.manifest(id_)["tables"][table]
        schema = pa.schema([(one["name"], type_of(one["type"])) for one in record["columns"]])
        read = [schema.empty_table()]
        for part in self.items(record["parts"]):
            data = self.bytes_of(part["digest"], ".parquet")
            rows = pq.read_table(pa.BufferReader(data))
            if (len(data), rows.num_rows) != (part["bytes"], part["rows"]):
                raise ValueError("another part than the manifest says")
            read.append(pa.table([cast_to(rows, field) for field in schema], schema=schema))
        found = pa.concat_tables(read)
        if found.num_rows != record["rows"]:
            raise ValueError("other rows than the manifest says")
        return found


def cast_to(rows: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    """A column of a part in the table's type; one that it lacks is null."""
    if field.name not in rows.column_names:
        return pa.chunked_array([pa.nulls(rows.num_rows, field.type)])
    return rows.column(field.name).cast(field.type)


def type_of(spelled) -> pa.DataType:
    """The Arrow type that a manifest spells."""
    if isinstance(spelled, dict):
        ((kind, inner),) = spelled.items()
        if kind == "list":
            return pa.list_(type_of(inner))
        if kind == "map":
            return pa.map_(*map(type_of, inner))
        return pa.struct([(name, type_of(one)) for name, one in inner])
    word, _, rest = spelled.partition("[") if "[" in spelled else spelled.partition("(")
    words = re.split(", (?:tz=)?", rest.rstrip("])")) if rest else []
    if word.startswith("decimal"):
        return getattr(pa, word)(*map(int, words))
    if word == "timestamp":
        return pa.timestamp(*words)
    if word == "fixed_size_binary":
        return pa.binary(int(words[0]))
    names = {"bool": "bool_", "halffloat": "float16", "float": "float32", "double": "float64"}
    return getattr(pa, names.get(word, word))(*([] if word == "date32" else words))
