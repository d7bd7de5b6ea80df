"""What workbooks of all kinds share: XML that is let go, rows that are refused before they are."""

import io

import pytest
from readers.raw_books import MAIN, column, workbook
from readers.test_conformance import source_of
from readers.test_ods import OFTEN, ONE, table, text, written

from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch
from coldframe.readers.elements import walk

ROWS = 20_000
"""Far more than expat is given at once."""


@pytest.mark.parametrize("name", ["kept", "other"])
def test_no_element_of_a_long_file_gathers_those_within_it(name):
    """Else memory grows with the file."""
    one = f"<{name}><part/><part/></{name}>"
    stream = io.BytesIO(f"<all><group>{one * ROWS}</group></all>".encode())
    gathered, whole = 0, []
    for event, element, around in walk(stream, "kept"):
        gathered = max(gathered, *(len(parent) for parent in around if parent.tag != "kept"), 0)
        if event == "end" and element.tag == name:
            whole.append(len(element))
    assert gathered < ROWS / 10
    assert whole == [2 if name == "kept" else 0] * ROWS


ENDLESS = {"a row": ("<row>{}</row>", "<cell/>"), "depth": ("{}", "<a>")}


@pytest.mark.parametrize("what", ENDLESS)
def test_an_element_that_would_fill_memory_is_refused_before_it_does(what):
    """All cells of a row were made before they were counted: 80 bytes for each 4 of the file."""
    around, part = ENDLESS[what]
    stream = io.BytesIO(f"<all>{around.format(part * 1_100_000)}</all>".encode())
    ended = set()
    with pytest.raises(ValueError, match="more than 1,048,576 parts"):
        ended.update(element.tag for event, element, _ in walk(stream, "row") if event == "end")
    assert "row" not in ended


def test_parts_of_a_book_that_are_read_whole_are_no_larger_than_any_book_needs(tmp_path):
    path = tmp_path / "a.xlsx"
    bare = f'<styleSheet xmlns="{MAIN}">{" " * (1 << 26)}</styleSheet>'
    path.write_bytes(workbook(column("<c/>"), styles=False, more=[("xl/styles.xml", bare)]))
    with pytest.raises(UnfitBatchError, match=r"styles\.xml has more than 67,108,864 bytes"):
        list(read_batch(path, source_of("excel", **ONE)))


def test_repeated_rows_are_refused_before_any_is_made(tmp_path):
    repeated = OFTEN.format(900_000) + text("a" * 5_000)
    path = written(tmp_path / "a.ods", table(text("code"), repeated))
    made = []
    with pytest.raises(UnfitBatchError, match="more than 100,000,000 characters"):
        made.extend(read_batch(path, source_of("ods", batch={"bytes": 10**8}, **ONE)))
    assert not made
