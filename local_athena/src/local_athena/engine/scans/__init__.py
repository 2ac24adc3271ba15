"""Planning of scans: which files and bytes a query needs, and the DuckDB SQL that reads them.

listing     objects below a location
partitions  registered and projected partitions, pruned
footers     Parquet footers, cached
parquet     read by DuckDB itself
arrow       text, JSON, Avro and ORC, read here
"""

from local_athena.engine.scans.plan import PlannedScan, ScanPlanner

__all__ = ["PlannedScan", "ScanPlanner"]
