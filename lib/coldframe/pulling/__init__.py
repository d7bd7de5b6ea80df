"""Pulling: deliveries that wait elsewhere are fetched into the landing folder as ordinary files.

Importing this package imports no driver.
"""

from coldframe.pulling.down import SourceDown, sources_down
from coldframe.pulling.pull import pull_for_build, pull_sources
from coldframe.pulling.report import PulledFile, PullReport, SourcePull

__all__ = [
    "PullReport",
    "PulledFile",
    "SourceDown",
    "SourcePull",
    "pull_for_build",
    "pull_sources",
    "sources_down",
]
