"""What Dagster loads: assets, checks, resources, sensors and schedules of one dataset.

This package is the only one that knows Dagster, apart from the command that runs it. It decides
what runs after what; it holds no formula, no rule about data and no layout of a yearbook: those
belong to `dbt/`, `expectations/`, `analysis/` and `yearbooks/`; what needs no Dagster to `ami/`.
"""
