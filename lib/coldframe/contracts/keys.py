"""Keys that were seen, each as 128 bits: whether one comes again is told without keeping any.

Two different keys are taken for the same with a chance of about n² / 2^129; of a hundred million
keys that is one in 10^22. Such a row would be set aside and told of, never lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Words = npt.NDArray[np.uint64]
SEEDS = ((0x9E3779B97F4A7C15, "coldframe_keys_1"), (0xD1B54A32D192ED03, "coldframe_keys_2"))
"""For each half of a digest: where it starts, and the key with which texts are hashed."""
SIEVE_BITS = 16  # for each key: one in so many is looked for in vain
LONGEST_RUN = 1 << 19  # keys; merging takes some times their memory for a moment


class Sieve:
    """Which words may have been added: one bit for many, so that few have to be looked for.

    Parameters
    ----------
    capacity : int
        Words that it is made for; with more of them it lets more pass.

    Examples
    --------
    >>> sieve = Sieve(4)
    >>> sieve.add(np.array([7, 2**63], dtype=np.uint64))
    >>> sieve.may_hold(np.array([7, 2**62, 2**63], dtype=np.uint64)).tolist()
    [True, False, True]
    """

    def __init__(self, capacity: int) -> None:
        size = max(capacity * SIEVE_BITS, 8).bit_length()
        self.capacity = (1 << size) // SIEVE_BITS
        self._shift = np.uint64(64 - size)
        self._bits = np.zeros((1 << size) // 8, dtype=np.uint8)

    def _places(self, words: Words) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        slots = (words >> self._shift).astype(np.int64)
        return slots >> 3, np.uint8(1) << (slots & 7).astype(np.uint8)

    def add(self, words: Words) -> None:
        """Add words, which rise."""
        places, bits = self._places(words)
        starts = np.flatnonzero(np.concatenate([[True], places[1:] != places[:-1]]))
        self._bits[places[starts]] |= np.bitwise_or.reduceat(bits, starts)

    def may_hold(self, words: Words) -> npt.NDArray[np.bool_]:
        """Return of each word False only if it was not added."""
        places, bits = self._places(words)
        found: npt.NDArray[np.bool_] = (self._bits[places] & bits) != 0
        return found


class KeySet:
    """Digests of keys in sorted runs; 16 bytes a key, and at most 8 for the sieve.

    Examples
    --------
    >>> seen = KeySet()
    >>> first = digest_keys(pd.DataFrame({"carrier": ["AA", "UA"], "flight": [1, 1]}))
    >>> seen.add(first)
    >>> seen.holds(digest_keys(pd.DataFrame({"carrier": ["UA", "UA"], "flight": [1, 2]}))).tolist()
    [True, False]
    """

    def __init__(self) -> None:
        self._runs: list[tuple[Words, Words]] = []
        self._waiting: list[tuple[Words, Words]] = []  # not sorted: nobody has asked yet
        self._greatest: int | None = None  # of the values taken, if all were told
        self._sieve: Sieve | None = None  # of the runs

    def __len__(self) -> int:
        """Return how many digests were added; one that was added twice counts twice."""
        return sum(len(high) for high, _ in [*self._runs, *self._waiting])

    def add(self, digests: tuple[Words, Words]) -> None:
        """Add digests, as of `digest_keys`."""
        self._greatest = None
        if len(digests[0]):
            self._waiting.append(digests)

    def update(self, other: KeySet) -> None:
        """Add all that `other` holds, without a copy of it."""
        self._greatest = None
        self._runs, self._sieve = [*other._runs, *self._runs], None
        self._waiting += other._waiting

    def take(
        self, digests: tuple[Words, Words], values: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.bool_]:
        """Add digests; return of each whether it was added before or stands before it in these.

        Parameters
        ----------
        digests : pair of ndarray of shape (n_rows,)
            As of `digest_keys`.
        values : ndarray of shape (n_rows,), optional
            The keys themselves, if they are whole numbers: where each is greater than all before,
            as numbers given out one by one are, none is looked for.

        Examples
        --------
        >>> seen = KeySet()
        >>> keys = [pa.array([1, 2, 1])]
        >>> seen.take(digest_keys(keys)).tolist(), seen.take(digest_keys(keys)).tolist()
        ([False, False, True], [True, True, True])
        """
        high, low = digests
        if not len(high):
            return np.zeros(0, dtype=bool)
        greatest = self._greatest
        if values is None or (greatest is None and len(self)):
            self._greatest = None
        else:
            newest = int(np.max(values))
            self._greatest = newest if greatest is None else max(newest, greatest)
            above = greatest is None or values[0] > greatest
            if above and (values[1:] > values[:-1]).all():
                self._waiting.append(digests)
                return np.zeros(len(high), dtype=bool)
        order = _sort(high)
        high, low = high[order], low[order]
        found = self._find(high, low)
        back = np.empty_like(found)
        back[order] = found
        if (high[1:] == high[:-1]).any():
            back |= find_doubled(digests)
        self._put(high, low)
        return back

    def holds(self, digests: tuple[Words, Words]) -> npt.NDArray[np.bool_]:
        """Return of each digest whether it was added."""
        order = _sort(digests[0])  # neighbours are looked up together
        found = self._find(digests[0][order], digests[1][order])
        back = np.empty_like(found)
        back[order] = found
        return back

    def _put(self, high: Words, low: Words) -> None:
        """Keep a sorted run; runs of like length are merged, so that there are few."""
        if self._sieve is not None:
            self._sieve.add(high)
        while self._runs and len(self._runs[-1][0]) <= min(2 * len(high), LONGEST_RUN):
            older = self._runs.pop()
            high, low = np.concatenate([older[0], high]), np.concatenate([older[1], low])
            order = np.argsort(high, kind="stable")  # which finds both runs sorted
            high, low = high[order], low[order]
        self._runs.append((high, low))

    def _find(self, high: Words, low: Words) -> npt.NDArray[np.bool_]:
        """Return of each digest whether it was added; they are sorted."""
        while self._waiting:
            waiting = self._waiting.pop()
            order = _sort(waiting[0])
            self._put(waiting[0][order], waiting[1][order])
        found = np.zeros(len(high), dtype=bool)
        held = sum(len(run) for run, _ in self._runs)
        if not held:
            return found
        if self._sieve is None or self._sieve.capacity < held:
            self._sieve = Sieve(2 * held)
            for run, _ in self._runs:
                self._sieve.add(run)
        some = np.flatnonzero(self._sieve.may_hold(high))
        found[some] = self._search(high[some], low[some])
        return found

    def _search(self, high: Words, low: Words) -> npt.NDArray[np.bool_]:
        """Return of each digest whether it is in a run; they are sorted."""
        found = np.zeros(len(high), dtype=bool)
        for run_high, run_low in self._runs:
            place = np.searchsorted(run_high, high)
            near = np.flatnonzero(run_high[np.minimum(place, len(run_high) - 1)] == high)
            while len(near):  # as often as there are equal first halves
                found[near] |= run_low[place[near]] == low[near]
                place[near] += 1
                near = near[place[near] < len(run_high)]
                near = near[run_high[place[near]] == high[near]]
        return found


def _sort(words: Words) -> npt.NDArray[np.intp]:
    """Return the order in which words rise; by their digits, which takes half of argsort's time."""
    order = np.argsort(words.astype(np.uint16), kind="stable")  # which is a radix sort
    for shift in (16, 32, 48):
        digits = (words >> np.uint64(shift)).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


def digest_keys(keys: pd.DataFrame | Sequence[pa.Array]) -> tuple[Words, Words]:
    """Return 128 bits for each row of `keys`, which has no nulls: the same for the same values.

    Whole numbers are the same whatever their dtype; so are texts.
    """
    columns = [pa.array(keys[n]) for n in keys] if isinstance(keys, pd.DataFrame) else keys
    halves = [np.full(len(columns[0]), seed, dtype=np.uint64) for seed, _ in SEEDS]
    for column in columns:
        words = _words(column)
        halves = [_mix(half * np.uint64(31) + word)
                  for half, word in zip(halves, words, strict=True)]  # fmt: skip
    return halves[0], halves[1]


def find_doubled(digests: tuple[Words, Words]) -> npt.NDArray[np.bool_]:
    """Return of each digest whether the same stands before it."""
    high, low = digests
    doubled = np.zeros(len(high), dtype=bool)
    ordered = np.sort(high)
    if not (ordered[1:] == ordered[:-1]).any():
        return doubled
    order = np.lexsort((low, high))  # stable: of equal ones the first stays the first
    same = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    doubled[order[1:]] = same
    return doubled


def _words(array: pa.Array | pa.ChunkedArray) -> Sequence[Words]:
    """Return 64 bits for each value, twice, by two hashes that know nothing of each other."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        array = pc.dictionary_encode(array)
    if pa.types.is_dictionary(array.type):
        texts = array.dictionary.to_numpy(zero_copy_only=False)
        places = array.indices.to_numpy(zero_copy_only=False)
        return [
            np.asarray(pd.util.hash_array(texts, hash_key=key, categorize=False))[places]
            for _, key in SEEDS
        ]
    if pa.types.is_floating(kind):
        numbers = array.to_numpy(zero_copy_only=False).astype(np.float64) + 0.0  # -0.0 is 0.0
        word = numbers.view(np.uint64)
    elif pa.types.is_boolean(kind):
        word = array.to_numpy(zero_copy_only=False).astype(np.uint64)
    else:
        word = array.cast(pa.int64()).to_numpy(zero_copy_only=False).view(np.uint64)
    return [word, word]


def _mix(words: Words) -> Words:
    """Return SplitMix64's finalizer of each word, a bijection (doi.org/10.1145/2714064.2660195)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def gather_keys(frames: Iterable[pd.DataFrame]) -> KeySet:
    """Return the keys of all rows of `frames`; one that is null in part equals no other."""
    found = KeySet()
    for frame in frames:
        found.add(digest_keys(frame.dropna()))
    return found
