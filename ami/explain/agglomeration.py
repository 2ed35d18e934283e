"""What agglomeration is made of: location quotients, concentration, totals, eq. 18 to 22."""

from ami.explain.evidence import Evidence, Row
from ami.explain.explanation import Figure, Item
from ami.explain.parts import input_figures, of_panel, why_no_value

# What the panel does not hold but explains it: eq. 18 and 19, for the employment base of coagglo.
QUOTIENTS = {
    "magglo": (
        "Location Quotient of Manufacturing",
        "eq. 18: (M / national M) / (P / national P)",
    ),
    "psagglo": (
        "Location Quotient of Producer Services",
        "eq. 19: (PS / national PS) / (P / national P)",
    ),
}
EMPLOYMENT_BASES = {"coagglo": "whole_society", "coagglo_urban": "urban_units"}
MANUFACTURING = "employed_manufacturing"
EMPLOYMENT = ("employed", "employed_urban")
EG_TERMS = (
    "eg_h_both",
    "eg_h_manufacturing",
    "eg_h_producer_services",
    "province_share_both",
    "province_share_manufacturing",
    "province_share_producer_services",
    "share_manufacturing",
    "share_producer_services",
    "n_provinces",
)


def coagglo_figure(evidence: Evidence, name: str, province: str, year: int) -> Figure:
    """coagglo or coagglo_urban, made of two location quotients."""
    parts = tuple(
        quotient_figure(evidence, quotient, name, province, year) for quotient in QUOTIENTS
    )
    return of_panel(
        evidence,
        "variable",
        name,
        province,
        year,
        missing=why_no_value(parts),
        parts=parts,
    )


def quotient_figure(evidence: Evidence, name: str, of: str, province: str, year: int) -> Figure:
    """magglo or psagglo, on the employment base of `of`."""
    base = EMPLOYMENT_BASES[of]
    row = evidence.quotients[base, year][province]
    inputs = input_figures(evidence, of, province, year)
    employment = [figure for figure in inputs if figure.input in EMPLOYMENT]
    sector = "manufacturing" if name == "magglo" else "producer_services"
    label, formula = QUOTIENTS[name]
    own = _sector(evidence, sector, inputs, row)
    needed = ("manufacturing", "producer_services", "employment")
    totals = (
        _total(evidence, column, base, year, needed, row[f"national_{column}"])
        for column in (sector, "employment")
    )
    parts = (own, *employment, *totals)
    value = row[name]
    return Figure(
        kind="quotient",
        name=name,
        label=label,
        value=value,
        unit="ratio",
        formula=formula,
        is_interpolated=value is not None and any(part.is_interpolated for part in inputs),
        terms={"employment_base": base, "n_provinces": row["n_provinces"]},
        missing=why_no_value(inputs) if value is None else "",
        parts=parts if value is not None else tuple(inputs),
    )


def eg_figure(evidence: Evidence, province: str, year: int) -> Figure:
    """The province's term of the Ellison-Glaeser index, made of shares in national totals."""
    row = evidence.concentration[province, year]
    # M and PS of a province are the same on either base of total employment.
    base = EMPLOYMENT_BASES["coagglo"]
    employment = evidence.quotients[base, year][province]
    sectors = ("manufacturing", "producer_services")
    inputs = input_figures(evidence, "eg", province, year)
    return of_panel(
        evidence,
        "variable",
        "eg",
        province,
        year,
        terms={name: row[name] for name in EG_TERMS},
        missing=why_no_value(inputs),
        parts=(
            *(_sector(evidence, sector, inputs, employment) for sector in sectors),
            *(
                _total(evidence, sector, base, year, sectors, row[f"national_{sector}"])
                for sector in sectors
            ),
        ),
    )


def _sector(evidence: Evidence, sector: str, inputs: tuple[Item, ...], row: Row) -> Figure:
    """M is one item, PS the sum of five."""
    if sector == "manufacturing":
        return next(figure for figure in inputs if figure.input == MANUFACTURING)
    parts = tuple(
        figure
        for figure in inputs
        if figure.input != MANUFACTURING and figure.input not in EMPLOYMENT
    )
    value = row["producer_services"]
    return Figure(
        kind="sum",
        name="producer_services",
        label="PS, employment in producer services",
        value=value,
        unit="persons",
        formula=" + ".join(figure.input for figure in parts),
        is_interpolated=value is not None and any(part.is_interpolated for part in parts),
        missing=why_no_value(parts) if value is None else "",
        parts=parts,
    )


def _total(
    evidence: Evidence,
    column: str,
    base: str,
    year: int,
    needed: tuple[str, ...],
    value: float | None,
) -> Figure:
    """A national total: the sum over the provinces that have every figure `needed`."""
    rows = evidence.quotients[base, year]
    present = [code for code, row in rows.items() if all(row[name] is not None for name in needed)]
    absent = [evidence.provinces[code]["province"] for code in rows if code not in present]
    return Figure(
        kind="total",
        name=f"national_{column}",
        label=f"{column.replace('_', ' ')}, sum over the provinces",
        value=value,
        unit="persons",
        terms={
            "n_provinces": len(present),
            "by_province": {code: rows[code][column] for code in present},
        },
        missing="" if present else f"no province has {', '.join(needed)} in {year}",
        notes=(f"without {', '.join(absent)}, which lack a figure",) if absent else (),
    )
