"""The orchestration: Dagster definitions around intake, dbt, expectations, analysis and report.

This package is the only one that knows Dagster. It decides what runs after what, where files of a
dataset live and what a person is shown; it holds no formula, no rule about data and no layout of a
yearbook: those belong to `dbt/`, `expectations/`, `analysis/` and `yearbooks/`.
"""
