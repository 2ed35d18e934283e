"""From a figure of the panel back to the yearbook cells it was computed from, for `ami explain`.

Reads the last good warehouse and computes nothing: every number is one that a dbt model made, and
formulas are named, not repeated. What belongs here is which figures a figure is made of, and why
one that is missing is missing. How an explanation looks in a terminal is `explain_tree`'s business.
"""

import difflib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from ami.dataset import Dataset
from ami.explanation import Cell, Explanation, Figure, Item, Printed
from yearbooks.catalogue import Catalogue
from yearbooks.labels import match_key
from yearbooks.reference import PROVINCE

INDEX = "ami"
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
# The one variable that needs a figure which no yearbook of the inbox prints.
NEEDS_EXCHANGE_RATE = "icc"

Row = dict[str, Any]


class ExplanationError(ValueError):
    """A figure that cannot be asked for, said in words for the person who asked."""


def explain(
    dataset: Dataset, catalogue: Catalogue, variable: str, province: str, year: int
) -> Explanation:
    """Explains `variable` (of the panel, an indicator, a location quotient or a raw item).

    Province by code or any name of the catalogue. Raises `ExplanationError` where there is no such
    variable, province or year, and where the warehouse is not there or cannot be read.
    """
    found = catalogue.province(province)
    if found is None or found.kind != PROVINCE:
        near = difflib.get_close_matches(match_key(province), catalogue.provinces, 1)
        hint = f"; did you mean '{near[0]}'" if near else ""
        raise ExplanationError(
            f"'{province}' is no province of the sample{hint}? Expected the code (110000) or a "
            "name, Chinese or English, of one of the 31"
        )
    try:
        with open_published(dataset) as connection:
            evidence = Evidence.read(connection, dataset, found.code)
    except duckdb.Error:
        raise ExplanationError(
            f"the warehouse {dataset.database} cannot be read by this version: it is damaged or of "
            f"another make; ami refresh --dataset {dataset.name} builds it anew"
        ) from None
    name = variable.casefold()
    item = catalogue.item(variable)
    if item is not None and name not in evidence.explainable:
        name = item.code
    return evidence.explain(name, found.code, year)


def open_published(dataset: Dataset) -> duckdb.DuckDBPyConnection:
    """The last good warehouse, not to be changed. Raises `ExplanationError` before the first."""
    if not dataset.database.is_file():
        raise ExplanationError(
            f"dataset '{dataset.name}' has no warehouse yet: "
            f"start with ami refresh --dataset {dataset.name}"
        )
    return duckdb.connect(str(dataset.database), read_only=True)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the models found about one province, or about all, by what an explanation asks for."""

    dataset: Dataset
    refreshed_at: str
    years: tuple[int, int]
    provinces: Mapping[str, Row]
    variables: Mapping[str, Row]
    indicators: Mapping[str, Row]
    items: Mapping[str, Row]
    exchange_rates: Mapping[int, float]
    index: Mapping[tuple[str, int], Row]
    values: Mapping[tuple[str, str, int], Row]
    scores: Mapping[tuple[str, str, int], Row]
    inputs: Mapping[tuple[str, str, int], list[Row]]
    alternatives: Mapping[tuple[str, str], list[str]]
    filled: Mapping[tuple[str, str, int], Row]
    editions: Mapping[tuple[str, str], Mapping[int, list[Row]]]
    begins_anew: Mapping[str, str]
    breaks: Mapping[str, Mapping[int, str]]
    crossed: Mapping[tuple[str, str, int], list[Row]]
    quotients: Mapping[tuple[str, int], dict[str, Row]]
    concentration: Mapping[tuple[str, int], Row]

    @classmethod
    def read(
        cls,
        connection: duckdb.DuckDBPyConnection,
        dataset: Dataset,
        province_code: str | None = None,
    ) -> "Evidence":
        """Everything about one province, or about every one where none is named."""
        parameters = {"province": province_code}
        of_province = "where $province is null or {}province_code = $province"

        def rows(query: str) -> list[Row]:
            asked = parameters if "$province" in query else None
            cursor = connection.execute(query, asked)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        def by(query: str, *key: str) -> dict[Any, Row]:
            return {_key(row, key): row for row in rows(query)}

        def lists(query: str, *key: str) -> dict[Any, list[Row]]:
            groups: dict[Any, list[Row]] = defaultdict(list)
            for row in rows(query):
                groups[_key(row, key)].append(row)
            return groups

        here = of_province.format("")
        ((first, last),) = connection.execute(
            "select min(year), max(year) from intermediate.int_panel__years where not is_opening"
        ).fetchall()
        alternatives: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in rows("select * from reference.formula_inputs order by priority"):
            alternatives[row["subject"], row["input"]].append(row["item_code"])
        quotients: dict[tuple[str, int], dict[str, Row]] = defaultdict(dict)
        # Of every province, for their sums are what a quotient compares with.
        for row in rows("select * from intermediate.int_agglomeration__quotients order by all"):
            quotients[row["employment_base"], row["year"]][row["province_code"]] = row
        editions: dict[tuple[str, str], dict[int, list[Row]]] = defaultdict(dict)
        for row in rows(
            "select editions.*, observations.source_hash, observations.item_printed,"
            " observations.province_printed, observations.year_printed,"
            " observations.edition_printed, observations.rule"
            " from intermediate.int_items__editions as editions"
            " inner join raw.observations as observations"
            " using (dataset, load_seq, source_sheet, source_row, source_column)"
            f" {of_province.format('editions.')}"
            " order by editions.preference nulls last, editions.edition desc,"
            " editions.load_seq desc"
        ):
            of_item = editions[row["item_code"], row["province_code"]]
            of_item.setdefault(row["year"], []).append(row)
        breaks: dict[str, dict[int, str]] = defaultdict(dict)
        for row in rows("select * from reference.series_breaks order by item_code, year"):
            breaks[row["item_code"]][row["year"]] = row["change"]
        return cls(
            dataset=dataset,
            refreshed_at=datetime.fromtimestamp(dataset.database.stat().st_mtime)
            .astimezone()
            .isoformat(timespec="seconds"),
            years=(first, last),
            provinces=by(
                "select * from reference.provinces order by province_code", "province_code"
            ),
            variables=by("select * from reference.variables order by sort_order", "variable"),
            indicators=by("select * from marts.dim_indicator order by sort_order", "indicator"),
            items=by("select * from reference.items", "item_code"),
            exchange_rates={
                row["year"]: row["yuan_per_usd"]
                for row in rows("select * from reference.exchange_rates")
            },
            index=by(
                "select fct_index.province_code, fct_index.year, fct_index.ami_rank,"
                " fct_index.n_indicators, fct_index.n_indicators_expected,"
                " index_sample.is_in_sample"
                " from marts.fct_index"
                " inner join intermediate.int_index__sample as index_sample"
                f" using (province_code, year) {here}",
                "province_code",
                "year",
            ),
            values=by(
                f"select * from intermediate.int_variables__values {here}",
                "variable",
                "province_code",
                "year",
            ),
            scores=by(
                "select fct_indicator_score.*, normalised.scope, weights.value_min,"
                " weights.value_max, weights.n_observations"
                " from marts.fct_indicator_score"
                " inner join intermediate.int_indicators__normalised as normalised"
                " using (province_code, year, indicator)"
                " left join intermediate.int_indicators__weights as weights"
                " on weights.indicator = normalised.indicator and weights.scope = normalised.scope"
                f" {here}",
                "indicator",
                "province_code",
                "year",
            ),
            # In the order in which the seed names them.
            inputs=lists(
                "select inputs.subject, inputs.input, inputs.province_code, inputs.year,"
                " inputs.item_code, inputs.item_year, inputs.priority"
                " from intermediate.int_formulas__inputs as inputs"
                " inner join reference.formula_inputs as named using (subject, input, priority)"
                f" {of_province.format('inputs.')} order by named.rowid",
                "subject",
                "province_code",
                "year",
            ),
            alternatives=alternatives,
            filled=by(
                f"select * from intermediate.int_items__filled {here}",
                "item_code",
                "province_code",
                "year",
            ),
            editions=editions,
            begins_anew={
                row["subject"]: row["series_breaks"].replace(",", ", ")
                for row in rows("select * from marts.fct_coverage where series_breaks <> ''")
            },
            breaks=breaks,
            crossed=lists(
                f"select * from intermediate.int_formulas__breaks {here}"
                " order by break_year, item_code",
                "subject",
                "province_code",
                "year",
            ),
            quotients=quotients,
            concentration=by(
                f"select * from intermediate.int_agglomeration__concentration {here}",
                "province_code",
                "year",
            ),
        )

    @property
    def explainable(self) -> list[str]:
        """The names that `explain` knows, but for raw items."""
        return [*self.variables, *QUOTIENTS, *self.indicators]

    def explain(self, name: str, province_code: str, year: int) -> Explanation:
        """The figure `name` of a province that was read; raises `ExplanationError` as `explain`."""
        known = [*self.explainable, *self.items]
        if name not in known:
            near = difflib.get_close_matches(name.casefold(), known, 3)
            hint = f"did you mean {' or '.join(near)}?" if near else "choose one of these"
            raise ExplanationError(
                f"'{name}' is no figure of the warehouse; {hint} The panel has "
                f"{', '.join(self.variables)}; eq. 18 and 19 {' and '.join(QUOTIENTS)}; the "
                f"indicators are {', '.join(self.indicators)}; and raw items, by code or label"
            )
        first, last = self.years
        if not first <= year <= last:
            raise ExplanationError(
                f"{year} is outside the panel: dataset '{self.dataset.name}' has the years "
                f"{first} to {last}"
            )
        figure = self._figure(name, province_code, year)
        return Explanation(
            dataset=self.dataset.name,
            is_synthetic=self.dataset.synthetic,
            refreshed_at=self.refreshed_at,
            province_code=province_code,
            province=self.provinces[province_code]["province"],
            province_zh=self.provinces[province_code]["province_zh"],
            year=year,
            figure=figure,
            missing_items=_missing_items(figure) if figure.value is None else (),
        )

    def _figure(self, name: str, province: str, year: int) -> Figure:
        if name == INDEX:
            return self._index(province, year)
        if name in self.indicators:
            return self._indicator(name, province, year)
        if name in EMPLOYMENT_BASES:
            return self._coagglo(name, province, year)
        if name in QUOTIENTS:
            return self._quotient(name, "coagglo", province, year)
        if name == "eg":
            return self._eg(province, year)
        if name in self.items:
            return self._item(name, province, year)
        if any(row["dimension"] == name for row in self.indicators.values()):
            return self._dimension(name, province, year)
        return self._variable(name, province, year)

    # The index, eq. 11-17

    def _index(self, province: str, year: int) -> Figure:
        sample = self.index[province, year]
        dimensions = dict.fromkeys(row["dimension"] for row in self.indicators.values())
        parts = (self._dimension(name, province, year) for name in dimensions)
        return self._of_panel(
            "index",
            INDEX,
            province,
            year,
            terms={name: sample[name] for name in ("ami_rank", "n_indicators")}
            | {"n_indicators_expected": sample["n_indicators_expected"]},
            missing=self._why_no_index(INDEX, province, year),
            notes=self._absent_indicators(INDEX),
            parts=tuple(part for part in parts if part.parts),
        )

    def _dimension(self, name: str, province: str, year: int) -> Figure:
        shown = [
            self._indicator(indicator, province, year)
            for indicator, row in self.indicators.items()
            if row["dimension"] == name and row["is_available"]
        ]
        if not self.index[province, year]["is_in_sample"]:
            # What keeps the province-year out of the index, rather than all that it has.
            shown = [part for part in shown if part.value is None]
        contributions = [part.terms["contribution"] for part in shown]
        complete = bool(shown) and None not in contributions
        return self._of_panel(
            "dimension",
            name,
            province,
            year,
            terms={"contribution": sum(contributions) if complete else None},
            missing=self._why_no_index(name, province, year),
            notes=self._absent_indicators(name),
            parts=tuple(shown),
        )

    def _why_no_index(self, name: str, province: str, year: int) -> str:
        """For an index or dimension; said only where it has no value."""
        of_it = {
            indicator: row
            for indicator, row in self.indicators.items()
            if name in (INDEX, row["dimension"])
        }
        if not any(row["is_available"] for row in of_it.values()):
            return f"the dataset has no value of any of its {len(of_it)} indicators"
        lacking = [
            indicator
            for indicator, row in self.indicators.items()
            if row["is_available"] and self.scores[indicator, province, year]["value"] is None
        ]
        if lacking:
            return (
                "not in the index sample: of the indicators that the dataset has, the province "
                f"lacks {', '.join(lacking)} in {year}"
            )
        return "no indicator of it tells one province from another, so that no weight is defined"

    def _absent_indicators(self, name: str) -> tuple[str, ...]:
        absent = [
            indicator
            for indicator, row in self.indicators.items()
            if name in (INDEX, row["dimension"]) and not row["is_available"]
        ]
        if not absent:
            return ()
        return (f"without {', '.join(absent)}, of which the dataset has no value",)

    def _indicator(self, name: str, province: str, year: int) -> Figure:
        about = self.indicators[name]
        score = self.scores[name, province, year]
        parts = self._inputs(name, province, year)
        notes: tuple[str, ...] = ()
        if score["value"] is not None and score["score"] is None:
            notes = (self._why_no_index(INDEX, province, year),)
        notes += self._breaks(name, province, year)
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
            missing=_why_no_value(parts) if score["value"] is None else "",
            notes=notes,
            parts=parts,
        )

    # Agglomeration, eq. 18-22

    def _coagglo(self, name: str, province: str, year: int) -> Figure:
        parts = tuple(self._quotient(quotient, name, province, year) for quotient in QUOTIENTS)
        return self._of_panel(
            "variable",
            name,
            province,
            year,
            missing=_why_no_value(parts),
            parts=parts,
        )

    def _quotient(self, name: str, of: str, province: str, year: int) -> Figure:
        """magglo or psagglo, on the employment base of `of`."""
        base = EMPLOYMENT_BASES[of]
        row = self.quotients[base, year][province]
        inputs = self._inputs(of, province, year)
        employment = [figure for figure in inputs if figure.input in EMPLOYMENT]
        sector = "manufacturing" if name == "magglo" else "producer_services"
        label, formula = QUOTIENTS[name]
        own = self._sector(sector, inputs, row)
        needed = ("manufacturing", "producer_services", "employment")
        totals = (
            self._total(column, base, year, needed, row[f"national_{column}"])
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
            missing=_why_no_value(inputs) if value is None else "",
            parts=parts if value is not None else tuple(inputs),
        )

    def _eg(self, province: str, year: int) -> Figure:
        row = self.concentration[province, year]
        # M and PS of a province are the same on either base of total employment.
        base = EMPLOYMENT_BASES["coagglo"]
        employment = self.quotients[base, year][province]
        sectors = ("manufacturing", "producer_services")
        inputs = self._inputs("eg", province, year)
        return self._of_panel(
            "variable",
            "eg",
            province,
            year,
            terms={name: row[name] for name in EG_TERMS},
            missing=_why_no_value(inputs),
            parts=(
                *(self._sector(sector, inputs, employment) for sector in sectors),
                *(
                    self._total(sector, base, year, sectors, row[f"national_{sector}"])
                    for sector in sectors
                ),
            ),
        )

    def _sector(self, sector: str, inputs: tuple[Figure, ...], row: Row) -> Figure:
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
            missing=_why_no_value(parts) if value is None else "",
            parts=parts,
        )

    def _total(
        self, column: str, base: str, year: int, needed: tuple[str, ...], value: float | None
    ) -> Figure:
        """A national total: the sum over the provinces that have every figure `needed`."""
        rows = self.quotients[base, year]
        present = [
            code for code, row in rows.items() if all(row[name] is not None for name in needed)
        ]
        absent = [self.provinces[code]["province"] for code in rows if code not in present]
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

    # What is computed from raw items directly

    def _variable(self, name: str, province: str, year: int) -> Figure:
        parts = self._inputs(name, province, year)
        if name == NEEDS_EXCHANGE_RATE:
            rate = self.exchange_rates.get(year)
            no_rate = "" if rate is not None else f"exchange_rates.csv has no row for {year}"
            parts += (
                Figure(
                    kind="reference",
                    name="yuan_per_usd",
                    label=f"exchange_rates.csv, row of {year}",
                    value=rate,
                    unit="yuan per US dollar",
                    missing=no_rate,
                ),
            )
        coded = self.values[name, province, year]["is_log_of_zero"]
        return self._of_panel(
            "variable",
            name,
            province,
            year,
            missing=_why_no_value(parts),
            notes=("0 stands for the logarithm of zero, or for no count at all",) if coded else (),
            parts=parts,
        )

    def _breaks(self, name: str, province: str, year: int) -> tuple[str, ...]:
        """Where the series of a figure breaks, and whether it is computed from both sides."""
        items: dict[int, list[str]] = defaultdict(list)
        for row in self.crossed.get((name, province, year), ()):
            items[row["break_year"]].append(row["item_code"])
        return (
            *self._begins_anew(name),
            *(
                f"computed across the break of {at} in {', '.join(codes)}"
                for at, codes in items.items()
            ),
        )

    def _begins_anew(self, name: str) -> tuple[str, ...]:
        years = self.begins_anew.get(name)
        return (f"its series begins anew in {years} (series_breaks.csv)",) if years else ()

    def _of_panel(
        self,
        kind: str,
        name: str,
        province: str,
        year: int,
        *,
        missing: str,
        notes: tuple[str, ...] = (),
        **rest: Any,
    ) -> Figure:
        """A variable of the panel; `missing` says why it has no value where it has none."""
        about, row = self.variables[name], self.values[name, province, year]
        return Figure(
            kind=kind,
            name=name,
            label=about["variable_label"],
            value=row["value"],
            unit=about["unit"],
            formula=about["formula"],
            is_interpolated=row["is_interpolated"],
            missing=missing if row["value"] is None else "",
            notes=notes + self._breaks(name, province, year),
            **rest,
        )

    def _inputs(self, subject: str, province: str, year: int) -> tuple[Figure, ...]:
        return tuple(
            self._item(
                row["item_code"],
                province,
                row["item_year"],
                row["input"],
                self.alternatives[subject, row["input"]],
            )
            for row in self.inputs[subject, province, year]
        )

    def _item(
        self,
        code: str,
        province: str,
        year: int,
        as_input: str = "",
        alternatives: list[str] | None = None,
    ) -> Figure:
        about = self.items[code]
        row = self.filled[code, province, year]
        years = [row[name] for name in ("figure_year", "neighbour_year") if row[name] is not None]
        notes = [*self._begins_anew(code)]
        offered = alternatives or [code]
        if row["value"] is None and len(offered) > 1:
            notes.append(f"nor has any of {', '.join(offered)} a figure")
        elif before := offered[: offered.index(code)]:
            notes.append(f"in the place of {', '.join(before)}, without a figure here")
        span = (year, *years)
        notes += [
            f"filled in across a break of the series, {at}: {change}"
            for at, change in self.breaks.get(code, {}).items()
            if min(span) < at <= max(span)
        ]
        if row["fill_method"] == "absent_zero":
            notes.append("0: the list covers the year and does not name the province")
        no_figure = tuple(
            _cell(edition)
            for edition in self.editions.get((code, province), {}).get(year, ())
            if edition["verdict"] != "counts"
        )
        return Item(
            kind="item",
            name=code,
            label=f"{about['label_zh']} {about['label_en']}",
            value=row["value"],
            unit=about["canonical_unit"],
            is_interpolated=row["is_interpolated"],
            missing=self._why_no_item(code, province, year) if row["value"] is None else "",
            notes=tuple(notes),
            input=as_input,
            year=year,
            fill_method=row["fill_method"],
            gap_length=row["gap_length"],
            printed=tuple(self._printed(code, province, at) for at in sorted(years)),
            without_figure=no_figure if row["fill_method"] != "observed" else (),
        )

    def _why_no_item(self, code: str, province: str, year: int) -> str:
        printed = sorted(
            at
            for at, editions in self.editions.get((code, province), {}).items()
            if editions[0]["verdict"] == "counts"
        )
        if not printed:
            return f"no figure of {code} for {year}, nor for any other year of the province"
        return (
            f"no figure of {code} for {year}; the province's figures of it are of {printed[0]} to "
            f"{printed[-1]}"
        )

    def _printed(self, code: str, province: str, year: int) -> Printed:
        counts, *others = (_cell(row) for row in self.editions[code, province][year])
        assert counts.value is not None
        return Printed(year, counts.value, counts, _why_it_counts(others), tuple(others))


def _key(row: Row, names: tuple[str, ...]) -> Any:
    return row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)


def _cell(row: Row) -> Cell:
    return Cell(
        file=row["source_file"],
        file_hash=row["source_hash"],
        load_seq=row["load_seq"],
        sheet=row["source_sheet"],
        row=row["source_row"],
        column=row["source_column"],
        yearbook=row["yearbook"],
        table=row["yearbook_table"],
        edition=row["edition"],
        edition_printed=row["edition_printed"],
        item_printed=row["item_printed"],
        province_printed=row["province_printed"],
        year_printed=row["year_printed"],
        value_printed=row["value_printed"],
        unit_printed=row["unit_printed"],
        footnotes=row["footnotes"],
        rule=row["rule"],
        is_formula_result=row["is_computed"],
        value=row["value_used"],
        is_corrected=row["is_corrected"],
        correction_reason=row["correction_reason"],
        withheld_reason=row["withheld_reason"],
        verdict=row["verdict"],
    )


def _why_it_counts(others: list[Cell]) -> str:
    verdicts = {cell.verdict for cell in others}
    editions = len({cell.edition for cell in others if cell.verdict.endswith("_edition")}) + 1
    reasons = []
    if "older_edition" in verdicts:
        reasons.append(f"the newest of {editions} editions that print a figure")
    if "newer_edition" in verdicts:
        reasons.append(f"the first published of {editions} editions that print a figure")
    if "withheld" in verdicts:
        reasons.append("not among those known to be wrong")
    if "earlier_load" in verdicts:
        reasons.append("of its edition the one read last")
    if "later_load" in verdicts:
        reasons.append("of its edition the one read first")
    if not reasons:
        return "the only one that prints a figure" if others else "the only edition"
    return ", ".join(reasons)


def _why_no_value(parts: tuple[Figure, ...]) -> str:
    lacking = dict.fromkeys(
        figure.missing
        for part in parts
        for figure in part.walk()
        if figure.value is None and not figure.parts and figure.missing
    )
    return "; ".join(lacking) or (
        "its formula is not defined here: it divides by zero, or takes the logarithm of a figure "
        "that is not positive"
    )


def _missing_items(figure: Figure) -> tuple[Mapping[str, Any], ...]:
    missing = {
        (part.name, part.year): {"item_code": part.name, "label": part.label, "year": part.year}
        for part in figure.walk()
        if part.kind == "item" and part.value is None
    }
    return tuple(missing.values())
