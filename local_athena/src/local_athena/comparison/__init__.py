"""The same work on the embedded engine and on a real Trino, and where they differ.

outcomes     what a statement gave on one endpoint
differences  two outcomes side by side
lakes        two endpoints on two copies of a data folder; their tables and failures
"""
