"""What the index is made of: dimensions, indicators and their inputs, eq. 11 to 17."""

from ami.explain.evidence import Evidence
from ami.explain.explanation import Figure
from ami.explain.parts import breaks, input_figures, of_panel, why_no_value
from analysis.variables import INDICES, OUTCOME, PARTIAL_INDEX


def index_figure(evidence: Evidence, name: str, province: str, year: int) -> Figure:
    """The index by one of its names, made of its dimensions."""
    sample = evidence.index[province, year]
    dimensions = dict.fromkeys(row["dimension"] for row in evidence.indicators.values())
    parts = (dimension_figure(evidence, name, province, year) for name in dimensions)
    return of_panel(
        evidence,
        "index",
        name,
        province,
        year,
        terms={
            term: sample[term] for term in (f"{name}_rank", "n_indicators", "n_indicators_expected")
        },
        missing=_why_no_index(evidence, name, province, year),
        notes=_absent_indicators(evidence, name),
        parts=tuple(part for part in parts if part.parts),
    )


def dimension_figure(evidence: Evidence, name: str, province: str, year: int) -> Figure:
    """A dimension of the index, made of its indicators."""
    shown = [
        indicator_figure(evidence, indicator, province, year)
        for indicator, row in evidence.indicators.items()
        if row["dimension"] == name and row["is_available"]
    ]
    if not evidence.index[province, year]["is_in_sample"]:
        # What keeps the province-year out of the index, rather than all that it has.
        shown = [part for part in shown if part.value is None]
    contributions = [part.terms["contribution"] for part in shown]
    complete = bool(shown) and None not in contributions
    return of_panel(
        evidence,
        "dimension",
        name,
        province,
        year,
        terms={"contribution": sum(contributions) if complete else None},
        missing=_why_no_index(evidence, name, province, year),
        notes=_absent_indicators(evidence, name),
        parts=tuple(shown),
    )


def _why_no_index(evidence: Evidence, name: str, province: str, year: int) -> str:
    """For an index or dimension; said only where it has no value."""
    of_it = {
        indicator: row
        for indicator, row in evidence.indicators.items()
        if name in (*INDICES, row["dimension"])
    }
    if not any(row["is_available"] for row in of_it.values()):
        return f"the dataset has no value of any of its {len(of_it)} indicators"
    standing = (
        evidence.standing["index_variable"],
        *evidence.standing["standing_dimensions"].split(","),
    )
    lacking = [
        indicator
        for indicator, row in evidence.indicators.items()
        if row["is_available"] and evidence.scores[indicator, province, year]["value"] is None
    ]
    if lacking:
        return (
            "not in the index sample: of the indicators that the dataset has, the province "
            f"lacks {', '.join(lacking)} in {year}"
        )
    if name not in standing:
        return _why_it_does_not_stand(evidence, name)
    return "no indicator of it tells one province from another, so that no weight is defined"


def _why_it_does_not_stand(evidence: Evidence, name: str) -> str:
    standing = evidence.standing
    if name == PARTIAL_INDEX:
        return f"the index of this dataset is not a partial one: it is {OUTCOME}"
    if name == OUTCOME:
        return f"the index is a partial one, {PARTIAL_INDEX}: it has {standing['reason']}"
    return f"the dataset has {standing[f'n_{name}']} of its indicators, too few for it to stand"


def _absent_indicators(evidence: Evidence, name: str) -> tuple[str, ...]:
    absent = [
        indicator
        for indicator, row in evidence.indicators.items()
        if name in (*INDICES, row["dimension"]) and not row["is_available"]
    ]
    if not absent:
        return ()
    return (f"without {', '.join(absent)}, of which the dataset has no value",)


def indicator_figure(evidence: Evidence, name: str, province: str, year: int) -> Figure:
    """An indicator with its score and weights, made of raw items."""
    about = evidence.indicators[name]
    score = evidence.scores[name, province, year]
    parts = input_figures(evidence, name, province, year)
    notes: tuple[str, ...] = ()
    if score["value"] is not None and score["score"] is None:
        notes = (_why_no_index(evidence, evidence.standing["index_variable"], province, year),)
    notes += breaks(evidence, name, province, year)
    return Figure(
        kind="indicator",
        name=name,
        label=about["indicator_label"],
        value=score["value"],
        unit=about["unit"],
        formula=about["formula"],
        is_interpolated=score["is_interpolated"],
        terms={
            term: score[term]
            for term in (
                "value_min",
                "value_max",
                "n_observations",
                "scope",
                "score",
                "overall_weight",
                "individual_weight",
                "contribution",
                "dimension_contribution",
            )
        }
        | {"dimension": about["dimension"], "attribute": about["attribute"]},
        missing=why_no_value(parts) if score["value"] is None else "",
        notes=notes,
        parts=parts,
    )
