"""The benchmark suite: `python -m benchmarks`, or `make bench`; see benchmarks/RESULTS.md."""
