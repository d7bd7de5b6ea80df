"""Ingest: from landed files to the next frozen snapshot.

Importing this package and asking what is pending imports neither pandas nor pyarrow.
"""

from coldframe.ingest.landing import LandedFile, ingest_inputs, pending_batches
from coldframe.ingest.quarantine import quarantined, read_quarantine
from coldframe.ingest.stage import IngestReport, ingest_batches

__all__ = [
    "IngestReport",
    "LandedFile",
    "ingest_batches",
    "ingest_inputs",
    "pending_batches",
    "quarantined",
    "read_quarantine",
]
