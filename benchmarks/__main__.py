"""Run benchmarks and write RESULTS.md.

    python -m benchmarks [NAME ...] [COUNT=NUMBER ...] [--smallest] [--results FILE]

Without a name all of `BENCHMARKS` run. A count such as rows=100000 goes to those that have it.
"""

import argparse
import importlib
import inspect
import os
from pathlib import Path

from benchmarks.report import RESULTS, describe_machine, read_sections, write_results
from benchmarks.suite import own_server

BENCHMARKS = ("notebooks", "cycle", "waiting", "store", "ingestion")  # one module each


def run_one(name: str, given: dict[str, int], *, smallest: bool) -> str:
    """Return the section of one benchmark."""
    module = importlib.import_module(f"benchmarks.{name}")
    known = inspect.signature(module.measure).parameters
    counts = {key: parameter.default for key, parameter in known.items()}
    counts |= module.SMALLEST if smallest else {}
    counts |= {key: number for key, number in given.items() if key in known}
    load = os.getloadavg()[0]
    with own_server():
        body = module.measure(**counts)
    told = ", ".join(f"{key}={number}" for key, number in counts.items())
    question = (module.__doc__ or "").strip()
    return (
        f"\n{question}\n\n*{describe_machine()} Counts: {told}. "
        f"Load of the machine when it began: {load:.1f}.*\n\n{body}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="NAME or COUNT=NUMBER")
    parser.add_argument("--smallest", action="store_true", help="the least that gives a table")
    parser.add_argument("--results", type=Path, help="by default RESULTS.md, unless --smallest")
    chosen = parser.parse_args()
    given = {k: int(v) for k, _, v in (word.partition("=") for word in chosen.words) if v}
    names = [word for word in chosen.words if "=" not in word] or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(
            f"no such benchmark: {', '.join(sorted(unknown))}; of: {', '.join(BENCHMARKS)}"
        )
    results = chosen.results or (None if chosen.smallest else RESULTS)
    for name in names:
        section = run_one(name, given, smallest=chosen.smallest)
        print(f"## {name}\n{section}", flush=True)
        if results:
            found = read_sections(results) | {name: section}
            write_results(results, {one: found[one] for one in BENCHMARKS if one in found})


if __name__ == "__main__":
    main()
