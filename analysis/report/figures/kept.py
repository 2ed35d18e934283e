"""The figures that are kept as files of `results/<dataset>/`, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.paper.matrices import PAPER_MATRICES
from analysis.paper.moran_tables import VARIABLES, leading
from analysis.paper.table_11 import PRINTED_MATRIX, effects_frame
from analysis.report.figures.curve import specification_curve
from analysis.report.figures.effects_plot import spatial_effects
from analysis.report.figures.leaders import top_provinces
from analysis.report.figures.maps import cluster_map, index_map
from analysis.report.figures.moran_plots import moran_scatter, morans_i
from analysis.report.figures.rank_intervals import rank_intervals
from analysis.report.figures.scatter import scatter
from analysis.report.frames import (
    INDEX,
    INDEX_UNCERTAINTY,
    LOCAL_MORAN,
    MORANS_I,
    OUTLINES,
    PANEL,
    SPATIAL_MODELS,
    SPECIFICATION_CURVE,
    TILES,
)

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True)
class FigureFile:
    """A figure of `results/<dataset>/`.

    name: of the asset, and of the file where `file` is empty. needs: the tables of the warehouse
    that `draw` is given, in its order. `draw` raises ValueError where the data do not carry it.
    """

    name: str
    words: str
    needs: tuple[str, ...]
    draw: Callable[..., alt.TopLevelMixin]
    file: str = ""


def _morans_i(table: pd.DataFrame, *, synthetic: bool) -> alt.TopLevelMixin:
    return morans_i(table[table["weights"].isin(PAPER_MATRICES)], synthetic=synthetic)


def _spatial_effects(models: pd.DataFrame, *, synthetic: bool) -> alt.TopLevelMixin:
    return spatial_effects(effects_frame(models, PRINTED_MATRIX), synthetic=synthetic)


def _of(variable: str, draw: Callable[..., alt.TopLevelMixin]) -> Callable[..., alt.TopLevelMixin]:
    """The local Moran's I of a variable under the weights that the report shows."""

    def of_variable(
        local: pd.DataFrame, *others: pd.DataFrame, synthetic: bool
    ) -> alt.TopLevelMixin:
        return draw(leading(local, variable), *others, synthetic=synthetic)

    return of_variable


FIGURES = (
    FigureFile(
        "top_provinces",
        "Figure 2: the index in the ten provinces that lead in its last year.",
        (INDEX,),
        top_provinces,
        "figure_2",
    ),
    FigureFile(
        "scatter",
        "Figure 3: the index against industrial synergy agglomeration, with the fitted line.",
        (PANEL,),
        scatter,
        "figure_3",
    ),
    FigureFile(
        "specification_curve",
        "The coefficient of coagglo over recipes of the index and specifications.",
        (SPECIFICATION_CURVE,),
        specification_curve,
    ),
    FigureFile(
        "rank_intervals",
        "The index's ranks of its last year with 90 % intervals over recipes.",
        (INDEX_UNCERTAINTY,),
        rank_intervals,
    ),
    FigureFile(
        "index_map",
        "The index of its last year as a map, of equal tiles unless a dataset has outlines.",
        (INDEX, TILES, OUTLINES),
        index_map,
    ),
    FigureFile(
        "morans_i",
        "Moran's I of coagglo and ami over the years, with the band of random orders.",
        (MORANS_I,),
        _morans_i,
    ),
    FigureFile(
        "spatial_effects",
        "Direct, indirect and total effects of the spatial Durbin model by both estimators.",
        (SPATIAL_MODELS,),
        _spatial_effects,
    ),
    *(
        FigureFile(
            f"moran_scatter_{variable}",
            f"Moran scatter plot, each province against its neighbours, of {variable} in its last "
            "year.",
            (LOCAL_MORAN,),
            _of(variable, moran_scatter),
        )
        for variable in VARIABLES
    ),
    *(
        FigureFile(
            f"cluster_map_{variable}",
            f"Map of the local Moran clusters of {variable} in its last year.",
            (LOCAL_MORAN, TILES, OUTLINES),
            _of(variable, cluster_map),
        )
        for variable in VARIABLES
    ),
)
