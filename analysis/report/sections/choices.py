"""The section on how far the baseline depends on its choices: the curve, extremes, provinces."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import (
    Block,
    Folded,
    Numbers,
    Paragraph,
    Picture,
    Section,
    TextTable,
    numbers,
    ranges,
    texts,
)
from analysis.report.figures.curve import specification_curve
from analysis.report.frames import (
    CURVE_BY_OPTION,
    CURVE_SENSITIVITY,
    CURVE_TEST,
    DEPENDENCE,
    OF_PAPER_TABLES,
    ROBUSTNESS,
    SPECIFICATION_CURVE,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.sections.paper_section import absent, notes_on, opened
from analysis.report.sections.sobol_table import sobol_table
from analysis.report.wording import count, in_words, listed, number, percent, split


@needs(
    ROBUSTNESS,
    SPECIFICATION_CURVE,
    CURVE_BY_OPTION,
    CURVE_SENSITIVITY,
    CURVE_TEST,
    DEPENDENCE,
    *OF_PAPER_TABLES,
)
def robustness(inputs: ReportInputs) -> Section:
    """The specification curve over recipes, its test, winsorising, leaving provinces out."""
    title = "How far the baseline depends on its choices"
    if inputs[SPECIFICATION_CURVE].empty or inputs[ROBUSTNESS].empty:
        return absent(inputs, "robustness", title, "specification curve")
    shape, moved = inputs[CURVE_BY_OPTION], inputs[CURVE_SENSITIVITY]
    blocks: list[Block] = [
        _figure(inputs),
        Folded("The curve by choice", [_by_choice(shape)]),
        *([_moved(moved)] if len(moved) else []),
        *_joint(inputs[CURVE_TEST]),
        *_other_samples(inputs),
        Folded("What each coefficient rests on", [_dependence(inputs[DEPENDENCE])]),
        Paragraph(
            "Fits share their data, so that each is not a separate piece of evidence; the share of "
            "significant ones is a description. Whether the curve could come of nothing is what "
            "the joint test asks."
        ),
        *notes_on(inputs, "specification curve"),
        *notes_on(inputs, "robustness"),
    ]
    return Section("robustness", title, opened(inputs, _sentence(inputs)), blocks)


def _sentence(inputs: ReportInputs) -> str:
    """The curve, the baseline without each province, and what single rows decide."""
    whole = inputs[CURVE_BY_OPTION].iloc[0]
    without = inputs[ROBUSTNESS][inputs[ROBUSTNESS]["kind"] == "left_out"]
    lowest = without.sort_values("estimate").to_dict("records")[0]
    highest = without["estimate"].max()
    missing = split(inputs[SPECIFICATION_CURVE]["missing_controls"].iloc[0])
    reduced = f"without {listed(missing)}, which have no value, " if missing else ""
    sentence = (
        f"{reduced}over {whole['fits'] - whole['not_identified']:,.0f} fits, recipes of the index "
        "crossed with measures, samples and controls, the coefficient of agglomeration has a "
        f"median of {number(whole['median_fit'], 2)} standard deviations, is positive in "
        f"{percent(whole['share_positive'], 1)} and positive and significant at 5 % by t(G − 1) in "
        f"{percent(whole['share_significant_positive'], 1)}"
    )
    moved = inputs[CURVE_SENSITIVITY].sort_values("total_order")
    if len(moved):
        sentence += f"; what moves it most is {in_words(moved['choice'].iloc[-1])}"
    test = inputs[CURVE_TEST].set_index("test")["p_value"]
    if len(test):
        sentence += (
            "; curves without any effect have as large a median in "
            f"{percent(test['median'], 1)} of draws"
        )
    sentence += (
        "; without one province at a time the "
        f"{'reduced ' if missing else ''}baseline lies between {number(lowest['estimate'], 3)} "
        f"(without {lowest['option']}) and {number(highest, 3)}"
    )
    on = inputs[DEPENDENCE]
    if len(on):
        changed, crossed = (
            int(((on[f"{what}_provinces"] != "") | (on[f"{what}_rows"] != "")).sum())
            for what in ("sign", "significance")
        )
        sentence += (
            f"; of {count(len(on), 'coefficient')} of interest in Tables 4 to 11 the sign of "
            f"{changed} and significance at 5 % of {crossed} hang on one province, or on 2 % of "
            "the province-years or fewer"
        )
    return sentence


def _other_samples(inputs: ReportInputs) -> list[Block]:
    """Winsorised, zeros read otherwise, without each province, and by other measures."""
    n_left_out = int((inputs[ROBUSTNESS]["kind"] == "left_out").sum())
    of_one = _ranges(
        inputs, "left_out", "The baseline without one province: coefficient of coagglo", "Without"
    )
    return [
        _ranges(
            inputs,
            "winsorised",
            "Winsorised at both ends: coefficient of coagglo",
            "Share at either end",
        ),
        *_zeros(inputs),
        Folded(f"Without each of {n_left_out} provinces", [of_one]),
        _ranges(
            inputs,
            "measure",
            "In the place of coagglo, points of the index per standard deviation of each measure",
            "Measure",
        ),
    ]


def _figure(inputs: ReportInputs) -> Picture:
    rows = inputs[SPECIFICATION_CURVE]
    return Picture.of(
        "specification-curve",
        "Specification curve: the coefficient of the agglomeration measure on the index over "
        "recipes of the index and combinations of measure, sample and controls, with 95 % "
        "intervals by t(G − 1).",
        f"{number(rows['n_fits'].iloc[0])} estimates in order of size, from "
        f"{number(rows['standardised'].min(), 2)} to {number(rows['standardised'].max(), 2)}, and "
        "below them marks that say what each is made of.",
        specification_curve(rows, synthetic=inputs.synthetic),
    )


def _by_choice(shape: pd.DataFrame) -> TextTable:
    values = {"Lowest": "lowest_fit", "Median": "median_fit", "Highest": "highest_fit"}
    return TextTable(
        "specification-choices",
        "What each choice does to the curve (standard deviations of the index per standard "
        "deviation of the measure)",
        {
            "Choice": [
                f"{in_words(choice)}: {in_words(option)}" if option else "all"
                for choice, option in zip(shape["choice"], shape["option"], strict=True)
            ],
            "Fits": numbers(shape["fits"]),
            "Not identified": numbers(shape["not_identified"]),
            **{header: numbers(shape[name], 3) for header, name in values.items()},
            "Positive": _shares(shape["share_positive"]),
            "Positive, p < 0.05 by t(G − 1)": _shares(shape["share_significant_positive"]),
        },
    )


def _shares(shares: pd.Series) -> Numbers:
    return Numbers(ABSENT if pd.isna(share) else percent(share, 1) for share in shares)


def _moved(rows: pd.DataFrame) -> TextTable:
    return sobol_table(
        "specification-moved",
        "Which choice moves the coefficient: Sobol indices of "
        f"{number(rows['n_fits'].iloc[0])} fits, with 90 % bootstrap intervals",
        rows,
    )


def _joint(rows: pd.DataFrame) -> list[Block]:
    if rows.empty:
        return []
    return [
        TextTable(
            "specification-test",
            f"Could the curve come of no effect? Joint test over {number(rows['n_fits'].iloc[0])} "
            f"fits, {number(rows['reps'].iloc[0])} draws under the null, provinces as a whole",
            {
                "Statistic": texts(rows["test"]),
                "Observed": numbers(rows["statistic"], 3),
                "p": numbers(rows["p_value"], 3),
            },
        )
    ]


def _dependence(rows: pd.DataFrame) -> TextTable:
    return TextTable(
        "dependence",
        "Coefficients of interest without each province, and the provinces (each alone) and fewest "
        "province-years found (together) without which the sign is another or p crosses 0.05",
        {
            "Table": [f"{t} ({c})" for t, c in zip(rows["table"], rows["column"], strict=True)],
            "Term": [
                term.replace("*", " × ") + ("" if sample == "all" else f", {sample}")
                for term, sample in zip(rows["term"], rows["sample"], strict=True)
            ],
            "Estimate": numbers(rows["estimate"], 3),
            "p": numbers(rows["p_value"], 3),
            "Lowest": numbers(rows["lowest"], 3),
            "without": texts(rows["lowest_without"], ABSENT),
            "Highest": numbers(rows["highest"], 3),
            "without ": texts(rows["highest_without"], ABSENT),
            "Sign: provinces": texts(rows["sign_provinces"], ABSENT),
            "Sign: province-years": texts(rows["sign_rows"], ABSENT),
            "5 %: provinces": texts(rows["significance_provinces"], ABSENT),
            "5 %: province-years": texts(rows["significance_rows"], ABSENT),
        },
    )


def _zeros(inputs: ReportInputs) -> list[Block]:
    """Logarithms of zero read otherwise, in words and as a table; nothing where none is met."""
    rows = inputs[ROBUSTNESS][inputs[ROBUSTNESS]["kind"] == "log_of_zero"]
    if rows.empty:
        return []
    estimates = rows.set_index("option")["estimate"]
    return [
        Paragraph(
            "The logarithm of an amount of zero is taken as 0. With a dummy for such zeros the "
            f"coefficient of coagglo is {number(estimates['dummy'], 3)}, with arsinh in the place "
            f"of the logarithm {number(estimates['asinh'], 3)}."
        ),
        _ranges(inputs, "log_of_zero", "Zeros read otherwise: coefficient of coagglo", "Zeros by"),
    ]


def _ranges(inputs: ReportInputs, kind: str, caption: str, header: str) -> TextTable:
    rows = inputs[ROBUSTNESS][inputs[ROBUSTNESS]["kind"] == kind]
    return TextTable(
        f"robustness-{kind.replace('_', '-')}",
        caption,
        {
            header: texts(rows["option"]),
            "Estimate": numbers(rows["estimate"], 3),
            "Standard error": numbers(rows["std_error"], 3),
            "95 % interval": ranges(rows["lower"], rows["upper"], 3),
            "Province-years": numbers(rows["n"]),
            "Remark": texts(rows["reason"]),
        },
    )
