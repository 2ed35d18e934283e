"""The sections on section 5.6: whether neighbours are alike, and where.

What the paper claims stands beside what is found. What the dataset cannot carry is said with what
is missing. Not here: the spatial panel models of Table 11.
"""

from __future__ import annotations

import pandas as pd

from analysis.paper.matrices import MATRICES, PAPER_MATRICES, TABLE
from analysis.paper.moran_tables import VARIABLES, leading
from analysis.report.blocks import (
    Block,
    Folded,
    Numbers,
    Paragraph,
    Picture,
    Section,
    TextTable,
    numbers,
    texts,
)
from analysis.report.figures import maps, moran_plots
from analysis.report.frames import (
    INDEX,
    LOCAL_MORAN,
    MORANS_I,
    NOT_ESTIMABLE,
    NOTES,
    OUTLINES,
    PANEL,
    SPATIAL_WEIGHTS,
    TILES,
    WEIGHTS,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.sections.paper_section import opened
from analysis.report.sentences import obstacle
from analysis.report.wording import count, in_words, listed, number, span, split
from analysis.spatial.moran import LEVEL, NOT_SIGNIFICANT
from analysis.standing import in_standing_years
from analysis.variables import PARTIAL_INDEX

NO_MAP = "there is no map, for neither tiles nor outlines of the provinces are known"
CLAIM = "The paper says of its nested matrix that all Moran’s I are significantly positive"


@needs(INDEX, WEIGHTS, TILES, OUTLINES)
def index_map(inputs: ReportInputs) -> Section:
    """The index of the last year that stands on the tile map."""
    measure = inputs.index_variable
    name = "partial index" if measure == PARTIAL_INDEX else "index"
    title = f"The {name} on the map"
    if not inputs.n_indexed:
        return Section("index-map", title, "The map of the index is absent: no index.")
    last = in_standing_years(inputs[INDEX]).dropna(subset=[measure])
    last = last[last["year"] == last["year"].max()].sort_values(measure, ascending=False)
    year = int(last["year"].iloc[0])
    ends = [f"{row['province']} {row[measure]:.1f}" for row in last.to_dict("records")]
    lead = f"In {year} the {name} runs from {ends[-1]} to {ends[0]}"
    if not maps.is_drawn(inputs[TILES], inputs[OUTLINES]):
        return Section("index-map", title, f"{lead}; {NO_MAP}.")
    if len(inputs[OUTLINES]):
        drawn, lead = "outlines", f"{lead}."
    else:
        drawn = "squares"
        lead += (
            "; every province is a square of the same size, placed near where it lies, so that "
            "large ones do not dominate."
        )
    figure = Picture.of(
        "index-map-figure",
        f"The {name} in {year}, from {inputs.n_at_hand} of {inputs.n_expected} indicators, in five "
        "classes of equally many provinces.",
        f"Map of {len(last)} {drawn}. Highest: {listed(ends[:5])}. Lowest: {listed(ends[-5:])}.",
        maps.index_map(inputs[INDEX], inputs[TILES], inputs[OUTLINES], synthetic=inputs.synthetic),
    )
    return Section("index-map", title, lead, [figure])


@needs(MORANS_I, SPATIAL_WEIGHTS, PANEL, NOTES, NOT_ESTIMABLE)
def autocorrelation(inputs: ReportInputs) -> Section:
    """Moran's I over the years, beside the paper's claim."""
    title, table = "Are neighbours alike? Moran’s I", inputs[MORANS_I]
    known = table[table["moran_i"].notna()]
    if known.empty:
        lead = f"Moran’s I is not estimable: {obstacle(inputs, TABLE)}."
        return Section("moran", title, lead, _not_estimable(inputs))
    of_paper = known[known["weights"].isin(PAPER_MATRICES)]
    shown = of_paper if len(of_paper) else known
    claim = f"{CLAIM}. " if inputs.units.are_provinces else ""
    lead = f"{claim}{opened(inputs, _found(shown))}"
    blocks: list[Block] = []
    if len(of_paper):
        blocks.append(
            Picture.of(
                "morans-i",
                "Moran’s I by year under the paper’s nested and under economic-distance weights; "
                "the grey band holds 95 % of random orders of the provinces, the dashed line is "
                "the value expected without dependence.",
                f"A line by year for each variable under each matrix. {_found(of_paper)}.",
                moran_plots.morans_i(of_paper, synthetic=inputs.synthetic),
            )
        )
    blocks += [
        TextTable(
            "moran-matrices",
            "Moran’s I under each spatial weights matrix, over all years",
            _by_matrix(known),
        ),
        Folded(
            "Every year under the paper’s matrices" if len(of_paper) else "Every year",
            [TextTable("moran-years", "Moran’s I by year", _by_year(shown))],
        ),
        *_left_out(table),
        *_off_the_map(inputs),
        Paragraph(
            "All p-values are two-sided; those by permutation compare with "
            f"{known['permutations'].iloc[0]:,} random orders of the provinces. The years of "
            "one variable depend on each other, so that each is not a separate piece of evidence."
        ),
        *_not_estimable(inputs),
        _matrices(inputs),
    ]
    return Section("moran", title, lead, blocks)


@needs(LOCAL_MORAN, TILES, OUTLINES, PANEL, NOT_ESTIMABLE)
def clusters(inputs: ReportInputs) -> Section:
    """Local Moran's I of the last year: scatter plot and map of each variable."""
    title = "Where are they alike? Local Moran’s I"
    if inputs[LOCAL_MORAN].empty:
        lead = f"Local Moran’s I is not estimable: {obstacle(inputs, TABLE)}."
        return Section("local-moran", title, lead)
    blocks: list[Block] = []
    sentences = []
    for of in VARIABLES:
        rows = leading(inputs[LOCAL_MORAN], of)
        if rows.empty:
            continue
        variable = str(rows["variable"].iloc[0])
        year, weights = int(rows["year"].iloc[0]), in_words(rows["weights"].iloc[0])
        significant = rows[rows["cluster"] != NOT_SIGNIFICANT]
        kept = significant[significant["cluster_fdr"] != NOT_SIGNIFICANT]
        by_cluster = _by_cluster(significant)
        found = (
            f"under {weights} weights {variable} in {year} has "
            f"{count(len(significant), 'province')} with p below {LEVEL}, {len(kept)} of which "
            f"stay so when the false discovery rate over all {len(rows)} is held at 5 %"
        )
        sentences.append(found)
        slope = moran_plots.moran_slope(rows)
        scatter, tiles = (f"{kind}-{variable}" for kind in ("moran-scatter", "cluster-map"))
        basis = f"{variable} in {year}, {weights} weights"
        blocks += [
            Picture.of(
                scatter,
                f"Moran scatter plot of {basis}: each province against the weighted mean of its "
                f"neighbours; the slope is Moran’s I, {number(slope, 3)}.",
                f"Scatter plot of {len(rows)} provinces, {variable} across and its neighbours’ "
                f"mean up, with a line of slope {number(slope, 3)}. {_quadrants(rows)}.",
                moran_plots.moran_scatter(rows, synthetic=inputs.synthetic),
            ),
        ]
        if maps.is_drawn(inputs[TILES], inputs[OUTLINES]):
            blocks.append(
                Picture.of(
                    tiles,
                    f"Local Moran clusters of {basis}, with local I. A frame marks provinces that "
                    "stay significant when the false discovery rate is held at 5 %.",
                    f"Map of {len(rows)} provinces. {by_cluster or 'No province is significant.'}",
                    maps.cluster_map(
                        rows, inputs[TILES], inputs[OUTLINES], synthetic=inputs.synthetic
                    ),
                )
            )
        blocks += [
            Folded(
                f"All {len(rows)} provinces: {variable}",
                [TextTable(f"local-{variable}", f"Local Moran’s I of {basis}", _local(rows))],
            ),
        ]
        if left_out := split(rows["missing"].iloc[0]):
            names = listed(inputs.province_names(left_out))
            blocks.append(
                Paragraph(f"Without {variable} in {year} and left out, weights restated: {names}.")
            )
    return Section("local-moran", title, opened(inputs, "; ".join(sentences)), blocks)


def _found(known: pd.DataFrame) -> str:
    """In how many years Moran's I is significantly positive, by variable and matrix."""
    pieces = []
    for (variable, weights), rows in known.groupby(["variable", "weights"], sort=False):
        positive = rows[rows["moran_i"] > rows["expectation"]]
        certain = positive[positive["p_permutation"] < LEVEL]
        lowest, highest = (number(end, 3) for end in (rows["moran_i"].min(), rows["moran_i"].max()))
        pieces.append(
            f"in {len(certain)} of {len(rows)} years for {variable} under "
            f"{in_words(str(weights))} weights (I from {lowest} to {highest})"
        )
    return f"Moran’s I is significantly positive at 5 % (permutation) {listed(pieces)}"


def _by_matrix(known: pd.DataFrame) -> dict[str, list[str]]:
    groups = list(known.groupby(["variable", "weights"], sort=False))
    frames = [rows for _, rows in groups]
    positive = [rows["moran_i"] > rows["expectation"] for rows in frames]
    return {
        "Variable": [str(variable) for (variable, _), _ in groups],
        "Weights": [in_words(str(weights)) for (_, weights), _ in groups],
        "Years": Numbers(span(rows["year"]) for rows in frames),
        "Mean I": numbers((rows["moran_i"].mean() for rows in frames), 3),
        "Lowest I": numbers((rows["moran_i"].min() for rows in frames), 3),
        "Highest I": numbers((rows["moran_i"].max() for rows in frames), 3),
        **{
            f"Positive, {words} p < 0.05": Numbers(
                f"{int((rows[column][above] < LEVEL).sum())} of {len(rows)}"
                for rows, above in zip(frames, positive, strict=True)
            )
            for words, column in (
                ("permutation", "p_permutation"),
                ("normal", "p_normality"),
            )
        },
    }


def _by_year(known: pd.DataFrame) -> dict[str, list[str]]:
    return {
        "Variable": texts(known["variable"]),
        "Weights": [in_words(name) for name in known["weights"]],
        "Year": Numbers(str(year) for year in known["year"]),
        "Provinces": numbers(known["n"]),
        "Moran’s I": numbers(known["moran_i"], 3),
        "Expectation": numbers(known["expectation"], 3),
        "z, normality": numbers(known["z_normality"], 2),
        "p": numbers(known["p_normality"], 4),
        "z, randomisation": numbers(known["z_randomisation"], 2),
        "p ": numbers(known["p_randomisation"], 4),
        "p, permutation": numbers(known["p_permutation"], 4),
    }


def _left_out(table: pd.DataFrame) -> list[Block]:
    """Years without a Moran's I, by reason; once for all matrices that share it."""
    refused = table[table["moran_i"].isna()]
    said: list[Block] = []
    for (variable, reason), rows in refused.groupby(["variable", "reason"], sort=False):
        said.append(Paragraph(f"Without Moran’s I of {variable}: {_years(rows)} ({reason})."))
    partial = table[table["moran_i"].notna() & (table["missing"] != "")]
    for name in partial["variable"].unique():
        years = _years(partial[partial["variable"] == name])
        said.append(
            Paragraph(
                f"Not every province has {name} in {years}: there the weights are restated among "
                "those that have it."
            )
        )
    return said


def _off_the_map(inputs: ReportInputs) -> list[Block]:
    """Which weights are not among all provinces, and why."""
    notes = inputs[NOTES][inputs[NOTES]["table"] == TABLE]
    return [
        Paragraph(f"{listed([in_words(str(name)) for name in of]).capitalize()}: {note}.")
        for note, of in notes.groupby("note", sort=False)["column"]
    ]


def _years(rows: pd.DataFrame) -> str:
    return listed([str(year) for year in sorted(rows["year"].unique())])


def _not_estimable(inputs: ReportInputs) -> list[Block]:
    refused = inputs[NOT_ESTIMABLE][inputs[NOT_ESTIMABLE]["table"] == TABLE]
    if refused.empty:
        return []
    return [
        TextTable(
            "not-estimable-space",
            "Not estimable",
            {
                "What": [text.replace("_", " ") for text in texts(refused["column"])],
                "Missing variables": texts(refused["missing_variables"], ABSENT),
                "Reason": texts(refused["reason"]),
            },
        )
    ]


def _matrices(inputs: ReportInputs) -> Block:
    """Each matrix in words, and whom it makes the nearest neighbour of three provinces."""
    rows = inputs[SPATIAL_WEIGHTS]
    panel = inputs[PANEL]
    names = dict(zip(panel["province_code"], panel["province"].map(str), strict=True))
    groups = [(str(name), of) for name, of in rows.groupby("weights", sort=False)]
    mean = [of["weight"] * of["distance_km"] for _, of in groups]

    def largest(of: pd.DataFrame) -> str:
        row = of.nlargest(1, "weight").to_dict("records")[0]
        pair = f"{names[row['province_code']]} on {names[row['neighbour_code']]}"
        return f"{number(row['weight'], 2)} ({pair})"

    table = TextTable(
        "spatial-weights",
        "Spatial weights matrices, each row adding up to one",
        {
            "Weights": [in_words(name) for name, _ in groups],
            "Meaning": [MATRICES[name].words for name, _ in groups],
            "Neighbours a province": numbers(
                (len(of) / of["province_code"].nunique() for _, of in groups), 1
            ),
            "Mean distance, weighted, km": numbers(
                (
                    km.sum() / of["province_code"].nunique()
                    for km, (_, of) in zip(mean, groups, strict=True)
                ),
            ),
            "Largest weight": [largest(of) for _, of in groups],
        },
    )
    return Folded("The spatial weights", [table])


def _by_cluster(significant: pd.DataFrame) -> str:
    pieces = [
        f"{words}: {listed(list(rows['province']))}"
        for cluster, (words, *_) in maps.CLUSTERS.items()
        if len(rows := significant[significant["cluster"] == cluster])
    ]
    return "; ".join(pieces) + "." if pieces else ""


def _quadrants(rows: pd.DataFrame) -> str:
    counts = rows["quadrant"].value_counts()
    return "Provinces by quadrant: " + ", ".join(f"{name} {n}" for name, n in counts.items())


def _local(rows: pd.DataFrame) -> dict[str, list[str]]:
    ordered = rows.sort_values("local_i", ascending=False)
    words = {name: of[0] for name, of in maps.CLUSTERS.items()}
    return {
        "Province": texts(ordered["province"]),
        "Value": numbers(ordered["value"], 2),
        "z": numbers(ordered["z"], 2),
        "Neighbours’ mean z": numbers(ordered["lag"], 2),
        "Local I": numbers(ordered["local_i"], 3),
        "p": numbers(ordered["p"], 4),
        "p, false discovery rate": numbers(ordered["p_fdr"], 4),
        "Cluster": [words[name] for name in ordered["cluster"]],
        "Cluster, false discovery rate": [words[name] for name in ordered["cluster_fdr"]],
    }
