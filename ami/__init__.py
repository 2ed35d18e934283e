"""The application around the figures, without Dagster: datasets, what they publish, what they kept.

Here belongs where the files of a dataset live, how a refresh is published, backed up, compared and
explained, and how a person is told of what is wrong. What runs after what is said in
`dagster_project/`, what a person types and reads in `command/`, formulas in `dbt/`.
"""
