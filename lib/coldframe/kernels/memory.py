"""The memory of a fork server, made ready to be forked.

A fork copies the tables of all pages that its parent wrote, then each page that it writes itself,
and be it a counter of references; its end takes all down again. With half a gigabyte of imported
libraries that is a third of what a short notebook costs. What can be spared is spared here, once.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import sys
from pathlib import Path

LARGE = 2 << 20
LARGEST_BLOCK, BLOCK_STEP = 512, 16  # of Objects/obmalloc.c, as are the pools
POOL, POOL_HEADER = 16 << 10, 48
MOST = 20_000  # free blocks of a size, several times what there are
FOLLOWING = 6  # blocks in a row; by chance a few may lie so in an old pool
COLLAPSE = 25  # MADV_COLLAPSE, of Linux 6.1 and later; elsewhere an advice that is not known


def settle_memory() -> None:
    """Put this process's memory into the state that is cheapest to fork."""
    gc.collect()
    gc.freeze()  # no child's collector touches, and so copies, the pages of what was imported
    # Hundreds of folders were searched; a child looks anew, into the few that it imports from.
    importlib.invalidate_caches()
    sys.path_importer_cache.clear()
    fill_holes()
    fold_pages()


def fill_holes() -> None:
    """Use up the free blocks between those that are in use.

    A child would put its first twelve thousand objects into them, and copy a page for nearly
    each; as it is, it begins on pages of its own. Python's own allocator keeps blocks of one size
    in pools; that a fresh one was begun is seen from blocks that follow one another from its start.
    """
    allocate = ctypes.pythonapi.PyObject_Malloc
    allocate.argtypes, allocate.restype = (ctypes.c_size_t,), ctypes.c_void_p
    for size in range(LARGEST_BLOCK, 0, -BLOCK_STEP):
        place, following, tries = 0, 0, 0
        while following < FOLLOWING:
            if tries == MOST:
                return  # Python was told to use malloc, which has no pools
            tries += 1
            before, place = place, allocate(size)
            if place % POOL == POOL_HEADER:
                following = 1
            elif following and place == before + size:
                following += 1
            else:
                following = 0


def writable(maps: str, *, of_files: bool) -> list[tuple[int, int]]:
    """Return first and last address of private writable memory, of which /proc/PID/maps tells.

    >>> writable("200000-600000 rw-p 00000000 00:00 0 [heap]", of_files=False)
    [(2097152, 6291456)]
    """
    found = []
    for line in maps.splitlines():
        place, rights, _, _, inode, *_ = line.split(maxsplit=5)
        if rights == "rw-p" and (of_files or inode == "0"):
            first, _, last = place.partition("-")
            found.append((int(first, 16), int(last, 16)))
    return found


def fold_pages() -> int:
    """Ask for pages of 2 MiB in the place of 512 small ones; return how many came of it."""
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    folded = 0
    for first, last in writable(Path("/proc/self/maps").read_text(), of_files=False):
        for start in range(-(-first // LARGE) * LARGE, last - LARGE + 1, LARGE):
            folded += advise(start, LARGE, COLLAPSE) == 0
    return folded
