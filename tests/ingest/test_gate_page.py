"""docs/gate.md, typed: its commands on files that are spoiled as it says, with its very answers."""

import csv
import random
import re

import pytest
import samples
from scaffold.conftest import write_own_project
from scaffold.test_five_minutes import OwnTerminal

from coldframe.datasets import load_dataset
from coldframe.settings import load_settings
from coldframe.workbench import Workbench

pytestmark = pytest.mark.timeout(1800)

PAGE = samples.ROOT / "docs" / "gate.md"
HEAD = ["id", "at", "size", "colour", "late"]
ROWS = 600


def rows_from(first, count=ROWS):
    dice = random.Random(first)
    return [
        [str(number), f"2024-01-{1 + number // 60 % 28:02d}T10:00:00Z", str(dice.randint(1, 100)),
         dice.choice(["blue", "green", "red"]), str(dice.randint(0, 1))]
        for number in range(first, first + count)
    ]  # fmt: skip


def write(path, rows, head=HEAD):
    with path.open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([head, *rows])


def write_files(folder):
    """Write a good file, and one of each kind of which the page tells."""
    write(folder / "first.csv", rows_from(0))
    spoiled = rows_from(ROWS)
    spoiled[4][2], spoiled[8][3] = "1O", "violet"
    write(folder / "spoiled.csv", spoiled)
    renamed = ["id", "at", "parcel_size", "colour", "late"]
    write(folder / "renamed.csv", rows_from(2 * ROWS), renamed)
    write(folder / "short.csv", rows_from(3 * ROWS, 60))


MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")


def fenced(kind):
    """Return the page's lines within fences of `kind`."""
    text = PAGE.read_text("utf-8")
    parts = text.split("```")[1::2]
    blocks = [part.partition("\n") for part in parts]
    return [line for first, _, block in blocks if first == kind for line in block.splitlines()]


def plain(line):
    """Return a line without what differs from run to run and from terminal to terminal."""
    return " ".join(MOMENT.sub("MOMENT", line).split())


def test_what_the_page_says_of_the_gate_is_so(tmp_path):
    root = write_own_project(tmp_path / "project")
    write_files(root)
    terminal = OwnTerminal(root)
    terminal.exported = {"COLDFRAME_DATASET": "parcels", "COLUMNS": "200"}
    for command in (
        "coldframe new parcels --from first.csv --target late --time at --key id",
        "coldframe land first.csv", "coldframe build",
        "coldframe land spoiled.csv renamed.csv short.csv", "coldframe build",
    ):  # fmt: skip
        terminal.type(command)
    said = [terminal.type("coldframe quarantine")]
    for command in fenced("sh"):
        said.append(terminal.type(command))
        if "--mend" in command:
            path = root / "rows.csv"
            text = path.read_bytes().replace(b"1O", b"10").replace(b"violet", b"blue")
            path.write_bytes(text)
    shown = [plain(line) for one in said for line in one.splitlines()]
    answers = [plain(line) for line in fenced("") if line.strip()]
    assert len(answers) > 8
    assert [line for line in answers if not any(line in one for one in shown)] == []
    settings = load_settings(root=root, home=root / "home")
    bench = Workbench(settings=settings, dataset=load_dataset(settings, "parcels"))
    rows = bench.store.read(bench.store.head("parcels"), "parcels")
    assert sorted(rows["id"]) == list(range(3 * ROWS + 60))  # each once, whatever was overruled
