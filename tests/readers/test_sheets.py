"""What workbooks of all kinds share: XML that is let go, rows that are refused before they are."""

import io

import pytest
from readers.test_conformance import source_of
from readers.test_ods import OFTEN, ONE, table, text, written

from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch
from coldframe.readers.sheets import walk

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


def test_repeated_rows_are_refused_before_any_is_made(tmp_path):
    repeated = OFTEN.format(900_000) + text("a" * 5_000)
    path = written(tmp_path / "a.ods", table(text("code"), repeated))
    made = []
    with pytest.raises(UnfitBatchError, match="more than 100,000,000 characters"):
        made.extend(read_batch(path, source_of("ods", batch={"bytes": 10**8}, **ONE)))
    assert not made
