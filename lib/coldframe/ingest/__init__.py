"""Ingest: from landed files to the next frozen snapshot.

Importing this package and asking what is pending imports neither pandas nor pyarrow.
"""

from coldframe.ingest.delivering import BroughtFile, land_files
from coldframe.ingest.exporting import Exported, export_quarantine
from coldframe.ingest.landing import LandedFile, pending_batches
from coldframe.ingest.mapping import MappingStanding, decide_mapping, mapping_standings
from coldframe.ingest.mended_file import export_to_mend
from coldframe.ingest.quarantine import quarantined, read_quarantine
from coldframe.ingest.releasing import (
    ReleaseStanding,
    find_release,
    last_release,
    releasable,
    release_batch,
    release_standings,
)
from coldframe.ingest.replay import (
    MendedReport,
    ReplayReport,
    replay_batches,
    replay_mended,
    replayable,
)
from coldframe.ingest.stage import IngestReport, ingest_batches, ingest_inputs
from coldframe.ingest.strays import StrayFile, stray_files
from coldframe.ingest.telling import find_cause, sum_up, tell_cause, tell_renaming

__all__ = [
    "BroughtFile",
    "Exported",
    "IngestReport",
    "LandedFile",
    "MappingStanding",
    "MendedReport",
    "ReleaseStanding",
    "ReplayReport",
    "StrayFile",
    "decide_mapping",
    "export_quarantine",
    "export_to_mend",
    "find_cause",
    "find_release",
    "ingest_batches",
    "ingest_inputs",
    "land_files",
    "last_release",
    "mapping_standings",
    "pending_batches",
    "quarantined",
    "read_quarantine",
    "releasable",
    "release_batch",
    "release_standings",
    "replay_batches",
    "replay_mended",
    "replayable",
    "stray_files",
    "sum_up",
    "tell_cause",
    "tell_renaming",
]
