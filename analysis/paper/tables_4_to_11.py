"""The table `estimates`: Tables 4 to 11 in the form of the published estimates, beside print."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.paper import fits, indirect_effects, long_form, table_11
from analysis.paper.estimable import EstimatesTable
from analysis.paper.result_columns import types_of

COLUMNS = long_form.COLUMNS | types_of(*(f"published_{name}" for name in long_form.PRINTED))


def estimates(
    panel: pd.DataFrame,
    mediation: pd.DataFrame,
    models: pd.DataFrame,
    tests: pd.DataFrame,
    published: pd.DataFrame,
) -> EstimatesTable:
    """Every column of Tables 4 to 11 that the data carry.

    mediation, models, tests: the tables `mediation`, `spatial_models` and `spatial_tests`, of which
    Tables 8 and 11 are made; what these are lacking is said with them. published: the seed.
    """
    columns = long_form.as_table(fits.all_columns(panel))
    parts = [
        columns.rows,
        indirect_effects.published_form(panel, mediation),
        table_11.published_form(models, tests),
    ]
    rows = pd.concat(parts, ignore_index=True)
    return replace(columns, rows=long_form.beside_published(rows, published))
