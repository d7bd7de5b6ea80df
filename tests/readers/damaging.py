"""Deliveries of every kind and compression, and the ways in which their bytes are damaged.

``damaging.py COUNT SEED FOLDER NAME...`` damages each named delivery COUNT times and reads what
came of it, in a process of its own: a reader that crashes takes no test session with it.
"""

import bz2
import datetime as dt
import faulthandler
import gzip
import io
import json
import lzma
import random
import resource
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from readers.written import WRITTEN

from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch
from coldframe.sources import Source

ROWS = 60
INFLATED = 1 << 22
"""Bytes that a delivery here may inflate to."""
MEMORY = 1 << 30
"""Bytes that reading one may add to what the libraries took when they were imported."""
SECONDS = 20
"""After which a reader hangs; they take some milliseconds."""


@dataclass(frozen=True)
class Delivery:
    """Bytes of one kind.

    Parameters
    ----------
    source : Source
        Takes them.
    data : bytes
        What was delivered.
    summed : bool
        Whether the format has a checksum over all cells, so that none may come out as another.
    seam : int or None
        Where the first of two streams ends. A file that is cut off just there is whole.
    """

    source: Source
    data: bytes
    summed: bool
    seam: int | None = None


def rows() -> pd.DataFrame:
    """Return texts such as every kind must bring."""
    names = ["code", "size", "weight", "at", "sold"]
    made = [
        (f"{n:05}", str(n**9), repr(n / 7), f"2013-01-{1 + n % 28:02}T05:00:00Z", "true")
        for n in range(ROWS)
    ]
    made[3] = ('say "hé",\n\t;|', "NA", "1e300", "", "false")
    return pd.DataFrame(made, columns=names)


def source_of(kind: str, **more: object) -> Source:
    columns = {name: {"type": "string", "nullable": True} for name in ("code", "size")}
    batch = {"bytes": INFLATED}
    return Source(files="*", kind=kind, key=["code"], columns=columns, batch=batch, **more)


def written(kind: str) -> bytes:
    frame = rows()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        WRITTEN[kind].write(path, list(frame.columns), frame.to_numpy().tolist())
        return path.read_bytes()


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("é.csv", data)
    return stream.getvalue()


def zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zip": zipped, "zstd": zstd,
}  # fmt: skip


def in_two(compress: Callable[[bytes], bytes], data: bytes) -> tuple[bytes, bytes]:
    """Return `data` as two streams, which parallel compressors write one behind the other."""
    cut = data.index(b"\n", len(data) // 2) + 1
    return compress(data[:cut]), compress(data[cut:])


def parquet(**options: object) -> bytes:
    """Return a file with a column of each type, in several row groups."""
    frame = rows()
    moments = [dt.datetime(2013, 1, 1, n % 24, tzinfo=dt.UTC) for n in range(ROWS)]
    table = pa.table({
        "code": frame["code"].tolist(), "size": [n if n % 7 else None for n in range(ROWS)],
        "weight": [n / 7 for n in range(ROWS)], "at": moments,
        "sold": [n % 2 == 0 for n in range(ROWS)],
        "price": [Decimal(n) / 100 for n in range(ROWS)], "day": [m.date() for m in moments],
        "list": [[n, None] for n in range(ROWS)], "raw": [bytes([n]) for n in range(ROWS)],
        "kind": pa.array([f"k{n % 3}" for n in range(ROWS)]).dictionary_encode(),
    })  # fmt: skip
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=25, **options)
    return stream.getvalue()


def deliveries() -> dict[str, Delivery]:
    """Return every delivery by a name that begins with its kind."""
    made: dict[str, Delivery] = {}

    def add(name, kind, data, *, summed=False, seam=None, **more):
        made[name] = Delivery(source_of(kind, **more), data, summed, seam)

    for kind in ("csv", "jsonl"):
        text = written(kind)
        add(kind, kind, text)
        add(f"{kind}-utf-16", kind, text.decode().encode("utf-16"), encoding="utf-16")
        for name, compress in COMPRESSIONS.items():
            summed = name != "zstd"
            add(f"{kind}-{name}", kind, compress(text), compression=name, summed=summed)
            if name != "zip":
                first, second = in_two(compress, text)
                add(
                    f"{kind}-{name}-twice", kind, first + second, seam=len(first),
                    compression=name, summed=summed,
                )  # fmt: skip
    cells = rows().replace("\n|\t", " ", regex=True)
    tabs = ["\t".join(row) for row in (cells.columns, *cells.to_numpy())]
    add("csv-tabs", "csv", "\n".join([*tabs, ""]).encode(), delimiter="\t", quote=None)
    for codec in ("none", "snappy", "gzip", "brotli", "lz4", "zstd"):
        add(f"parquet-{codec}", "parquet", parquet(compression=codec))
    add("parquet-pages-2", "parquet", parquet(data_page_version="2.0", use_dictionary=False))
    add("parquet-checksums", "parquet", parquet(write_page_checksum=True))
    for kind in ("excel", "ods"):
        add(kind, kind, written(kind), summed=True)
    return made


def cut_off(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def flip_bits(data: bytes, draw: random.Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 8))):
        spoiled[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(spoiled)


def put_bytes_in(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    drawn = draw.randbytes(draw.randint(1, 64))
    more = draw.choice((drawn, b"\0" * 9, b"\xff" * 9, data[:at][-40:]))
    return data[:at] + more + data[at + draw.choice((0, len(more))) :]


def damage_within(data: bytes, draw: random.Random) -> bytes:
    """Damage what is inside an archive, and seal it with checksums that are right; or twice."""
    if not data.startswith(b"PK"):
        return flip_bits(put_bytes_in(data, draw), draw)
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        chosen = draw.choice(old.namelist())
        for name in old.namelist():
            member = old.read(name)
            damage = draw.choice(DAMAGES[:3])
            new.writestr(name, damage(member, draw) if name == chosen else member)
    return stream.getvalue()


DAMAGES = (cut_off, flip_bits, put_bytes_in, damage_within)


def outcome(path: Path, source: Source, whole: pd.DataFrame) -> str:
    """Return what reading comes to; whatever is neither read nor refused is raised."""
    try:
        frame = pd.concat(read_batch(path, source))
    except UnfitBatchError as error:
        if not str(error) or not all(fault.rule and fault.example for fault in error.faults):
            raise AssertionError("it is refused without a word") from error
        return "refused"
    # text that is none is met by whoever looks at it
    json.dumps([list(frame), frame.to_numpy().tolist()], ensure_ascii=False).encode()
    return "equal" if frame.equals(whole) else "others"


def damage_all(
    delivery: Delivery, number: int, *, seed: str, name: str, folder: Path
) -> dict[str, object]:
    """Return what became of a delivery that was damaged `number` times."""
    path = folder / name
    path.write_bytes(delivery.data)
    whole = pd.concat(read_batch(path, delivery.source))
    counts = dict.fromkeys(("equal", "refused", "others"), 0)
    for n in range(number):
        draw = random.Random(f"{name} {seed} {n}")
        damage = DAMAGES[n % len(DAMAGES)]
        data = damage(delivery.data, draw)
        path.write_bytes(data)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            found = outcome(path, delivery.source, whole)
        except Exception as error:
            raise AssertionError(
                f"{name}, damage {n} ({damage.__name__}), kept as {path}"
            ) from error
        faulthandler.cancel_dump_traceback_later()
        sealed = damage is damage_within and data.startswith(b"PK")
        if delivery.summed and found == "others" and not sealed and len(data) != delivery.seam:
            raise AssertionError(f"{name}, damage {n} ({damage.__name__}): other cells, in {path}")
        counts[found] += 1
    return {"name": name, "summed": delivery.summed, **counts}


def main(number: str, seed: str, folder: str, *names: str) -> None:
    """Tell of each named delivery what became of it; the damaged file at hand is in `folder`."""
    faulthandler.enable()
    made = deliveries()
    for name in names:  # imports all there is, before the memory is measured
        damage_all(made[name], 1, seed="warm-up", name=name, folder=Path(folder))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    for name in names:
        told = damage_all(made[name], int(number), seed=seed, name=name, folder=Path(folder))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
