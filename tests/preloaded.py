"""What the processes of `warm` have imported when they start; nothing here opens anything."""

import pandas  # noqa: F401 - for its import alone, as all below
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet  # noqa: F401
import pyiceberg.catalog.sql  # noqa: F401
import samples  # noqa: F401
import sqlalchemy.dialects.sqlite  # noqa: F401

import coldframe.ingest.replaying
import coldframe.ingest.stage
import coldframe.monitor
import coldframe.pulling.objects
import coldframe.pulling.query
import coldframe.snapshots.iceberg
import coldframe.snapshots.parts
import coldframe.snapshots.tables  # noqa: F401
from coldframe.variables import IGNORE_ZONES, variables_kept

with variables_kept(IGNORE_ZONES):
    import pandera.pandas  # noqa: F401
