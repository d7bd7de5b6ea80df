"""Damaged deliveries of every kind are read or refused: no other error, no crash, hang or bloat."""

import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import zipfile

import pandas as pd
import pytest
import samples
from counts import count
from readers import damaging
from readers.written import WRITTEN

from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch

DELIVERIES = damaging.deliveries()
TIMES = count(24, 4000)
"""How often each is damaged."""


def read(tmp_path, data, kind, **more):
    path = tmp_path / "file"
    path.write_bytes(data)
    return pd.concat(read_batch(path, damaging.source_of(kind, **more)))


def refusal(tmp_path, data, kind, **more):
    with pytest.raises(UnfitBatchError) as caught:
        read(tmp_path, data, kind, **more)
    (fault,) = caught.value.faults
    return fault.rule, fault.example


@pytest.mark.timeout(count(900, 7200))
def test_damaged_bytes_are_read_or_refused_and_a_checksum_is_held_to(tmp_path):
    paths = os.pathsep.join(str(samples.ROOT / name) for name in ("lib", "tests"))
    command = [sys.executable, damaging.__file__, str(TIMES), "1", tmp_path, *DELIVERIES]
    # Arrow's other allocators reserve addresses by the gigabyte, which the limit would count
    environment = {**os.environ, "PYTHONPATH": paths, "ARROW_DEFAULT_MEMORY_POOL": "system"}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-3000:]
    told = [json.loads(line) for line in found.stdout.splitlines()]
    assert [one["name"] for one in told] == list(DELIVERIES)
    assert all(one["refused"] for one in told)
    assert set(WRITTEN) == {name.partition("-")[0] for name in DELIVERIES}
    print(found.stdout)


@pytest.mark.parametrize("compression", ["gzip", "bz2", "xz"])
def test_a_damaged_second_stream_does_not_end_the_file(tmp_path, compression):
    """Python's own readers pass over what stands behind the first stream and is none."""
    whole = DELIVERIES[f"csv-{compression}-twice"]
    assert len(read(tmp_path, whole.data, "csv", compression=compression)) == damaging.ROWS
    damaged = bytearray(whole.data)
    damaged[whole.seam] ^= 1
    assert refusal(tmp_path, bytes(damaged), "csv", compression=compression)[0] == "compression"
    rest = whole.data + b"more"
    assert refusal(tmp_path, rest, "csv", compression=compression)[0] == "compression"


def test_an_archive_behind_another_is_refused(tmp_path):
    """`zipfile` reads the last one, and the rows of the first would be lost."""
    archives = []
    for text in (b"code,size\na,1\n", b"code,size\nb,2\n"):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.csv", text)
        archives.append(stream.getvalue())
    assert len(read(tmp_path, archives[0], "csv", compression="zip")) == 1
    for before in (archives[0], b"PK\3\4, torn off"):
        rule, told = refusal(tmp_path, before + archives[1], "csv", compression="zip")
        assert rule == "compression"
        assert "stands behind something else" in told


@pytest.mark.parametrize("zeros", [4, 8, 5])
def test_streams_of_xz_may_be_padded_by_four_bytes_each(tmp_path, zeros):
    whole = DELIVERIES["csv-xz-twice"]
    for at in (whole.seam, len(whole.data)):
        padded = whole.data[:at] + b"\0" * zeros + whole.data[at:]
        if zeros % 4:
            assert refusal(tmp_path, padded, "csv", compression="xz")[0] == "compression"
        else:
            assert len(read(tmp_path, padded, "csv", compression="xz")) == damaging.ROWS


def test_an_xz_that_asks_for_a_large_dictionary_is_refused(tmp_path):
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29, "mode": lzma.MODE_FAST,
                "mf": lzma.MF_HC3, "nice_len": 3, "depth": 1}]  # fmt: skip
    header = lzma.compress(b"code,size\n", filters=filters)
    rule, told = refusal(tmp_path, header, "csv", compression="xz")
    assert rule == "compression"
    assert "Memory usage limit" in told


def test_text_of_parquet_that_is_no_text_is_refused(tmp_path):
    data = DELIVERIES["parquet-none"].data
    assert data.count(b"00010") >= 1
    for kind in ("a dictionary", "pages"):
        plain = damaging.parquet(compression="none", use_dictionary=kind == "a dictionary")
        damaged = plain.replace(b"00010", b"0\xff010")
        assert refusal(tmp_path, damaged, "parquet")[0] == "not_parquet"


def test_pages_of_parquet_that_have_a_checksum_are_held_to_it(tmp_path):
    for checksum in (True, False):
        plain = damaging.parquet(compression="none", write_page_checksum=checksum)
        damaged = plain.replace(b"00010", b"00011", 1)
        assert damaged != plain
        if checksum:
            assert "CRC" in refusal(tmp_path, damaged, "parquet")[1]
        else:
            read(tmp_path, damaged, "parquet")


def edited(change):
    """Return a workbook whose sheet was changed, sealed with checksums that are right."""
    stream = io.BytesIO()
    data = DELIVERIES["excel"].data
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            member = old.read(name)
            new.writestr(name, change(member) if name.endswith("sheet1.xml") else member)
    return stream.getvalue()


@pytest.mark.parametrize("number", ["999999999", "9" * 30])
def test_a_sheet_that_leaps_to_a_row_beyond_all_sheets_is_refused(tmp_path, number):
    """openpyxl makes a blank row for each that is left out: it would never end."""
    leap = edited(lambda sheet: sheet.replace(b'r="2"', f'r="{number}"'.encode(), 1))
    assert refusal(tmp_path, leap, "excel") == ("not_excel", "a row beyond 1,048,576")


def test_a_workbook_without_the_styles_that_it_names_is_refused(tmp_path):
    data = DELIVERIES["excel"].data
    at = data.rindex(b"xl/styles.xml")  # in the directory at the end
    damaged = data[:at] + b"xl/stylez.xml" + data[at + len(b"xl/styles.xml") :]
    assert refusal(tmp_path, damaged, "excel")[0] == "not_excel"


@pytest.mark.parametrize("deep", [90, 120, 400, 900, 100_000])
def test_how_deep_json_may_be_nested_does_not_depend_on_who_reads_it(tmp_path, deep):
    line = b'{"code": ' + b"[" * deep + b"]" * deep + b', "size": 1}\n'
    if deep < 100:
        assert read(tmp_path, line, "jsonl")["code"].tolist() == ["[" * deep + "]" * deep]
    else:
        assert refusal(tmp_path, line, "jsonl")[0] == "not_jsonl"


def test_a_failing_disk_is_no_word_on_the_file(tmp_path):
    """What the machine is told by its errno is raised as it is; what a file leads to is not."""
    path = tmp_path / "gone.csv.gz"
    path.write_bytes(gzip.compress(b"code,size\n1,2\n"))
    reading = read_batch(path, damaging.source_of("csv", compression="gzip"))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        next(reading)
