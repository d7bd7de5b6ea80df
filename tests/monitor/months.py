"""Months of the sample, landed and ingested."""

import samples

from coldframe.ingest import ingest_batches


def ingest(bench, months):
    """Land and ingest month by month."""
    for month in months:
        samples.land_sample(bench, [month])
        ingest_batches(bench)
