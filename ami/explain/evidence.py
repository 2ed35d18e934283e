"""What the models found about a province, as an explanation asks for it. Nothing is judged here."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from ami.dataset import Dataset
from ami.explain.explanation import Cell

Row = dict[str, Any]

# Of one province, or of every one where none is named; {} stands for the name of a table.
OF_PROVINCE = "where $province is null or {}province_code = $province"
HERE = OF_PROVINCE.format("")

INDEX = f"""
select
    fct_index.province_code,
    fct_index.year,
    fct_index.ami_rank,
    fct_index.ami_partial_rank,
    fct_index.n_indicators,
    fct_index.n_indicators_expected,
    index_sample.is_in_sample
from marts.fct_index
inner join intermediate.int_index__sample as index_sample using (province_code, year)
{HERE}
"""
SCORES = f"""
select
    fct_indicator_score.*,
    normalised.scope,
    weights.value_min,
    weights.value_max,
    weights.n_observations
from marts.fct_indicator_score
inner join intermediate.int_indicators__normalised as normalised
    using (province_code, year, indicator)
left join intermediate.int_indicators__weights as weights
    on weights.indicator = normalised.indicator and weights.scope = normalised.scope
{HERE}
"""
# In the order in which the seed names them.
INPUTS = f"""
select
    inputs.subject,
    inputs.input,
    inputs.province_code,
    inputs.year,
    inputs.item_code,
    inputs.item_year,
    inputs.priority
from intermediate.int_formulas__inputs as inputs
inner join reference.formula_inputs as named using (subject, input, priority)
{OF_PROVINCE.format("inputs.")}
order by named.rowid
"""
# Beside its item, province and year the fields of a `Cell`.
EDITIONS = f"""
select
    editions.item_code,
    editions.province_code,
    editions.year,
    editions.source_file as file,
    observations.source_hash as file_hash,
    editions.load_seq,
    editions.source_sheet as sheet,
    editions.source_row as row,
    editions.source_column as column,
    editions.yearbook,
    editions.yearbook_table as table,
    editions.edition,
    observations.edition_printed,
    observations.item_printed,
    observations.province_printed,
    observations.year_printed,
    editions.value_printed,
    editions.unit_printed,
    editions.footnotes,
    observations.rule,
    editions.is_computed as is_formula_result,
    editions.value_used as value,
    editions.is_corrected,
    editions.correction_reason,
    editions.withheld_reason,
    editions.verdict
from intermediate.int_items__editions as editions
inner join raw.observations as observations
    using (dataset, load_seq, source_sheet, source_row, source_column)
{OF_PROVINCE.format("editions.")}
order by editions.preference nulls last, editions.edition desc, editions.load_seq desc
"""


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
    exchange_rates: Mapping[int, Row]
    standing: Row
    index: Mapping[tuple[str, int], Row]
    values: Mapping[tuple[str, str, int], Row]
    scores: Mapping[tuple[str, str, int], Row]
    inputs: Mapping[tuple[str, str, int], list[Row]]
    alternatives: Mapping[tuple[str, str], list[Row]]
    filled: Mapping[tuple[str, str, int], Row]
    editions: Mapping[tuple[str, str], Mapping[int, list[Cell]]]
    begins_anew: Mapping[str, Row]
    breaks: Mapping[str, list[Row]]
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
        read = _Reader(connection, province_code)
        (span,) = read.rows(
            "select min(year) as first, max(year) as last from intermediate.int_panel__years"
            " where not is_opening"
        )
        (standing,) = read.rows("from marts.dim_index_standing")
        province_year = ("province_code", "year")
        return cls(
            dataset=dataset,
            refreshed_at=datetime.fromtimestamp(dataset.database.stat().st_mtime)
            .astimezone()
            .isoformat(timespec="seconds"),
            years=(span["first"], span["last"]),
            provinces=read.by("from reference.provinces order by province_code", "province_code"),
            variables=read.by("from reference.variables order by sort_order", "variable"),
            indicators=read.by("from marts.dim_indicator order by sort_order", "indicator"),
            items=read.by("from reference.items", "item_code"),
            exchange_rates=read.by("from reference.exchange_rates", "year"),
            standing=standing,
            index=read.by(INDEX, *province_year),
            values=read.by(
                f"from intermediate.int_variables__values {HERE}", "variable", *province_year
            ),
            scores=read.by(SCORES, "indicator", *province_year),
            inputs=read.lists(INPUTS, "subject", *province_year),
            alternatives=read.lists(
                "from reference.formula_inputs order by priority", "subject", "input"
            ),
            filled=read.by(
                f"from intermediate.int_items__filled {HERE}", "item_code", *province_year
            ),
            editions=read.editions(),
            begins_anew=read.by("from marts.fct_coverage where series_breaks <> ''", "subject"),
            breaks=read.lists("from reference.series_breaks order by item_code, year", "item_code"),
            crossed=read.lists(
                f"from intermediate.int_formulas__breaks {HERE} order by break_year, item_code",
                "subject",
                *province_year,
            ),
            quotients=read.quotients(),
            concentration=read.by(
                f"from intermediate.int_agglomeration__concentration {HERE}", *province_year
            ),
        )


@dataclass(frozen=True)
class _Reader:
    """Rows of queries as mappings, by the values of one column or of several."""

    connection: duckdb.DuckDBPyConnection
    province_code: str | None

    def rows(self, query: str) -> list[Row]:
        asked = {"province": self.province_code} if "$province" in query else None
        cursor = self.connection.execute(query, asked)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def by(self, query: str, *key: str) -> dict[Any, Row]:
        return {_key(row, key): row for row in self.rows(query)}

    def lists(self, query: str, *key: str) -> dict[Any, list[Row]]:
        groups: dict[Any, list[Row]] = defaultdict(list)
        for row in self.rows(query):
            groups[_key(row, key)].append(row)
        return groups

    def editions(self) -> dict[tuple[str, str], dict[int, list[Cell]]]:
        """The cells of each item, province and year; those that count are first."""
        found: dict[tuple[str, str], dict[int, list[Cell]]] = defaultdict(dict)
        for row in self.rows(EDITIONS):
            of_item = found[row.pop("item_code"), row.pop("province_code")]
            of_item.setdefault(row.pop("year"), []).append(Cell(**row))
        return found

    def quotients(self) -> dict[tuple[str, int], dict[str, Row]]:
        """Of every province, for their sums are what a quotient compares with."""
        found: dict[tuple[str, int], dict[str, Row]] = defaultdict(dict)
        for row in self.rows("from intermediate.int_agglomeration__quotients order by all"):
            found[row["employment_base"], row["year"]][row["province_code"]] = row
        return found


def _key(row: Row, names: tuple[str, ...]) -> Any:
    return row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)
