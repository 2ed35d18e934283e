"""Estimators, tests, tables and figures of the paper.

What belongs here: pure functions of arrays or frames that return frozen dataclasses, frames or
charts. What does not: Dagster, DuckDB, files and paths; whoever calls loads and stores.
Slow libraries are imported inside the functions that use them.
"""
