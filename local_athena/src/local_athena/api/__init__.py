"""The Athena API: operations, executions, workgroups, metadata."""
