"""The pages that children of a kind always write, copied at once when the next child begins.

A fork shares its parent's pages until it writes to one: then the processor traps, and Linux copies
that page. A short notebook writes twenty thousand, mostly counters of references, and what is
spent on that is a third of its time. Asked to copy them all together (`MADV_POPULATE_WRITE`, Linux
5.14 and later), Linux takes half of it. Which pages those are the first children of each kind tell
at their end; only what all of them wrote is copied. Contents never change by it.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coldframe.kernels.memory import writable

PAGE = mmap.PAGESIZE
LESSONS = 3  # children that tell what they wrote, of each kind
KINDS = 32  # a kind is named by its requests; no more than these are learnt
POPULATE_WRITE = 23
PRESENT, FILE, EXCLUSIVE = 1 << 63, 1 << 61, 1 << 56  # of an entry of /proc/PID/pagemap

Run = tuple[int, int]  # address of the first page, number of pages


def own_memory() -> list[Run]:
    """Return the private writable memory of this process."""
    found = writable(Path("/proc/self/maps").read_text(), of_files=True)
    return [(first, (last - first) // PAGE) for first, last in found]


def entries(runs: list[Run]) -> Iterator[tuple[int, int]]:
    """Yield address and pagemap entry of every page of this process in `runs`."""
    with Path("/proc/self/pagemap").open("rb", buffering=0) as file:
        for first, count in runs:
            file.seek(first // PAGE * 8)
            read = array.array("Q", file.read(count * 8))
            yield from zip(range(first, first + count * PAGE, PAGE), read, strict=False)


def _join(pages: Iterator[int]) -> list[Run]:
    """Return rising addresses of pages as runs.

    >>> _join(iter([0, PAGE, 3 * PAGE])) == [(0, 2), (3 * PAGE, 1)]
    True
    """
    runs: list[Run] = []
    end = -1
    for page in pages:
        if page == end:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((page, 1))
        end = page + PAGE
    return runs


def name_kind(request: Mapping[str, Any]) -> str:
    """Return the kind of child that a request makes: a kernel, or a command by its first word.

    >>> name_kind({"kind": "call", "argv": ["coldframe", "build", "--json"]})
    'call build'
    """
    words = request.get("argv") if request["kind"] == "call" else None
    return f"call {words[1]}" if isinstance(words, list) and words[1:] else str(request["kind"])


@dataclass
class Lesson:
    """What one child wrote: a byte for each page, in memory that it shares with the server."""

    kind: str
    runs: list[Run]
    shared: mmap.mmap

    def write(self) -> None:
        """Tell, in a child at its end, which pages it has for itself by now."""
        with contextlib.suppress(OSError, ValueError):  # no such file, or none that tells
            written = bytes(bool(entry & EXCLUSIVE) for _, entry in entries(self.runs))
            self.shared[1 : 1 + len(written)] = written
            self.shared[0] = True  # the last: a child that is killed before has told nothing

    def read(self) -> int | None:
        """Return the bytes as one number, or None if the child did not come to its end."""
        with self.shared:
            return int.from_bytes(self.shared[1:], "little") if self.shared[0] else None


@dataclass
class Prefault:
    """What a server knows of the pages that its children write.

    Made when nothing more is imported: later pages are nobody's lesson.
    """

    runs: list[Run] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    told: dict[str, list[int]] = field(default_factory=dict)
    known: dict[str, array.array[int]] = field(default_factory=dict)

    @classmethod
    def of_this_process(cls) -> Prefault:
        """Look which pages there are; without such a view nothing will be learnt."""
        try:
            known = entries(own_memory())
            return cls(_join(page for page, it in known if it & PRESENT and not it & FILE))
        except (OSError, ValueError):
            return cls()

    def lesson(self, kind: str) -> Lesson | None:
        """Return what the next child of `kind` shall fill in, unless enough was asked."""
        asked = self.asked.get(kind, 0)
        if not self.runs or asked >= LESSONS or (not asked and len(self.asked) >= KINDS):
            return None
        self.asked[kind] = asked + 1
        return Lesson(kind, self.runs, mmap.mmap(-1, 1 + sum(count for _, count in self.runs)))

    def learn(self, lesson: Lesson) -> None:
        """Take in what a child told; after the last one, the pages of its kind are known."""
        kind = lesson.kind
        told = self.told.setdefault(kind, [])
        written = lesson.read()
        if written is None:
            self.asked[kind] -= 1  # somebody else shall tell
            return
        told.append(written)
        if len(told) < LESSONS:
            return
        always = told[0]
        for one in told[1:]:
            always &= one
        pages = (first + n * PAGE for first, count in self.runs for n in range(count))
        marks = always.to_bytes(sum(count for _, count in self.runs), "little")
        runs = _join(page for page, mark in zip(pages, marks, strict=True) if mark)
        # one flat array: a child that read objects would write their counters
        self.known[kind] = array.array("Q", [number for run in runs for number in run])
        told.clear()

    def copy_pages(self, kind: str) -> int:
        """Copy, in a child at its beginning, what it will write; return how many pages."""
        advise = ctypes.CDLL(None).madvise
        advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        copied, known = 0, self.known.get(kind, ())
        for at in range(0, len(known), 2):
            if advise(known[at], known[at + 1] * PAGE, POPULATE_WRITE):
                break  # an older Linux; the pages are copied when they are written, as ever
            copied += known[at + 1]
        return copied
