"""Work on the workers of a Dask cluster, possibly on other machines."""

from patchwright.experiments.cluster.connection import count_workers
from patchwright.experiments.cluster.work import Done, OnWorkers, open_workers

__all__ = ["Done", "OnWorkers", "count_workers", "open_workers"]
