"""Ingest: from landed files to the next frozen snapshot.

Importing this package and asking what is pending imports neither pandas nor pyarrow.
"""

from coldframe.ingest.delivering import BroughtFile, land_files
from coldframe.ingest.landing import LandedFile, pending_batches
from coldframe.ingest.quarantine import quarantined, read_quarantine
from coldframe.ingest.stage import IngestReport, ingest_batches, ingest_inputs
from coldframe.ingest.strays import StrayFile, stray_files
from coldframe.ingest.telling import find_cause, sum_up, tell_cause

__all__ = [
    "BroughtFile",
    "IngestReport",
    "LandedFile",
    "StrayFile",
    "find_cause",
    "ingest_batches",
    "ingest_inputs",
    "land_files",
    "pending_batches",
    "quarantined",
    "read_quarantine",
    "stray_files",
    "sum_up",
    "tell_cause",
]
