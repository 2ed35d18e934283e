"""How far each figure moves with each raw figure, to first order: statements are run again.

Of the formulas nothing stands here. The statements that dbt ran are run on copies of the filled
items in which some figures are a little larger, and the differences of their results are taken.
Many figures are moved in one copy, as long as no figure sees two of them: of an item every other
year for what is made of one province's figures, and every other province for what also sees the
totals over all of them. What a coefficient makes of the figures is `analysis.paper.cell_influence`.

All of it happens in a database in memory, beside the warehouse, which gets the answers alone.
"""

from collections.abc import Iterable, Mapping

import duckdb

from analysis.report.frames import CELL_MOVES

TABLE = CELL_MOVES
# What is read of a warehouse, but for what the statements read.
NEEDS = (
    "audit.recipe",
    "reference.formula_inputs",
    "reference.exchange_rates",
    "reference.observed_units",
    "intermediate.int_panel__years",
    "intermediate.int_items__preferred",
    "intermediate.int_items__filled",
    "intermediate.int_indicators__values",
    "intermediate.int_variables__from_items",
    "intermediate.int_agglomeration__values",
)
ABOUT = (
    "What one per cent more of each raw figure does to the indicators and variables, to first "
    "order, through all that is filled in from it and through the totals that it is part of."
)
GRAIN = "item_code, province_code, year, figure, figure_province_code, figure_year"
# Types, and what they hold.
COLUMNS = {
    "item_code": ("varchar", "Raw item."),
    "province_code": (
        "varchar",
        "Province of the raw figure; the national code where the total of all raw figures moves.",
    ),
    "year": ("integer", "Year of the raw figure, or of the total."),
    "figure": ("varchar", "Indicator or variable that moves."),
    "figure_province_code": (
        "varchar",
        "Its province; the national code where it is the total that its formula sees.",
    ),
    "figure_year": ("integer", "Its year."),
    "change": ("double", "By how much, in its unit; of a total in per cent."),
}
# Relative; so small that only the slope is seen, so large that rounding is not.
STEP = 1e-6
MOVED = "intermediate.int_items__filled"
# Of one province's figures alone, and of totals over all provinces beside them.
OF_ONE = ("intermediate.int_indicators__values", "intermediate.int_variables__from_items")
OF_ALL = "intermediate.int_agglomeration__"
# By a sum of squares it sees more of the others than their total; no table of the paper has it.
LEFT_OUT = "eg_pair"

VALUES_OF_ONE = """
select indicator as figure, province_code, year, value
from {0}intermediate.int_indicators__values
union all
select variable, province_code, year, value from {0}intermediate.int_variables__from_items
"""
PREPARE = f"""
create table inputs as
select distinct
    inputs.subject as figure,
    inputs.item_code,
    inputs.year_offset,
    agglomeration.variable is not null as sees_totals
from stood.reference.formula_inputs as inputs
left join (select distinct variable from stood.intermediate.int_agglomeration__values)
    as agglomeration on inputs.subject = agglomeration.variable
where inputs.subject <> '{LEFT_OUT}';

create table stood_values as
{VALUES_OF_ONE.format("stood.")}
union all
select variable, province_code, year, value from stood.intermediate.int_agglomeration__values;
"""
# A copy is told by its provinces, since figures of two years stand in one formula.
MOVE_OF_ONE = f"""
create table intermediate.int_items__filled as
select
    item_code,
    concat_ws(':', copy, parity, province_code) as province_code,
    year,
    case
        when moved_in = copy and year % 2 = parity then base_value * (1 + {STEP})
        else base_value
    end as base_value
from stood.intermediate.int_items__filled as filled
inner join moved_together using (item_code)
cross join (select distinct moved_in as copy from moved_together)
cross join (values (0), (1)) as parities (parity);
"""
ANSWERS_OF_ONE = f"""
create table of_one as
with moved as ({VALUES_OF_ONE.format("")}),

placed as (
    select
        * replace (split_part(province_code, ':', 3) as province_code),
        split_part(province_code, ':', 1)::integer as moved_in,
        split_part(province_code, ':', 2)::integer as parity
    from moved
    where value is not null
)

select
    inputs.item_code,
    placed.province_code,
    placed.year + inputs.year_offset as year,
    placed.figure,
    placed.province_code as figure_province_code,
    placed.year as figure_year,
    (placed.value - stood_values.value) / {STEP} as change
from placed
inner join stood_values using (figure, province_code, year)
inner join inputs
    on
        placed.figure = inputs.figure
        and (placed.year + inputs.year_offset) % 2 = placed.parity
inner join moved_together using (item_code, moved_in)
where placed.value <> stood_values.value;
"""
# A copy is told by its years, since totals run over the provinces of a year.
MOVE_OF_ALL = f"""
create table halves as
select
    item_code,
    province_code,
    year,
    base_value,
    row_number() over (partition by item_code, year order by province_code) % 2 as half
from stood.intermediate.int_items__filled
where item_code in (select item_code from inputs where sees_totals) and base_value <> 0;

create table copies as
select
    item_code as moved_item,
    half,
    10000 * row_number() over (order by item_code, half) as years_on
from (select distinct item_code, half from halves);

create or replace table intermediate.int_items__filled as
select
    filled.item_code,
    filled.province_code,
    filled.year + years_on as year,
    case
        when halves.half is not null then filled.base_value * (1 + {STEP})
        else filled.base_value
    end as base_value
from stood.intermediate.int_items__filled as filled
cross join copies
left join halves
    on
        filled.item_code = halves.item_code
        and filled.province_code = halves.province_code
        and filled.year = halves.year
        and copies.moved_item = halves.item_code
        and copies.half = halves.half
where filled.item_code in (select moved_item from copies);

create or replace view intermediate.int_panel__years as
select years.* replace (years.year + years_on as year)
from stood.intermediate.int_panel__years as years
cross join copies;
"""
# A figure whose own item was not moved answers to the total alone, which grew by the share of it
# that was; of the other answer the rest is its own.
ANSWERS_OF_ALL = f"""
create table of_all as
with moved as (
    select
        answers.variable as figure,
        answers.province_code,
        answers.year % 10000 as year,
        copies.moved_item as item_code,
        copies.half,
        (answers.value - stood_values.value) / {STEP} as change
    from intermediate.int_agglomeration__values as answers
    inner join copies on answers.year // 10000 * 10000 = copies.years_on
    inner join stood_values
        on
            answers.variable = stood_values.figure
            and answers.province_code = stood_values.province_code
            and answers.year % 10000 = stood_values.year
),

shares as (
    select
        inputs.figure,
        halves.item_code,
        halves.province_code,
        halves.year,
        halves.half,
        halves.base_value
        / sum(halves.base_value) over (partition by inputs.figure, halves.item_code, halves.year)
            as share
    from halves
    inner join inputs on halves.item_code = inputs.item_code and inputs.sees_totals
    inner join stood_values using (figure, province_code, year)
    where stood_values.value is not null
),

shares_of_halves as (
    select figure, item_code, year, half, sum(share) as share
    from shares
    group by all
),

by_total as (
    select moved.* exclude (half) replace (moved.change / shares_of_halves.share as change)
    from moved
    inner join shares_of_halves using (figure, item_code, year, half)
    left join shares using (figure, item_code, province_code, year)
    where coalesce(shares.half, 0) <> moved.half
),

own as (
    select moved.* exclude (half) replace (
        moved.change - shares_of_halves.share * coalesce(by_total.change, 0) as change
    )
    from moved
    inner join shares using (figure, item_code, province_code, year, half)
    inner join shares_of_halves using (figure, item_code, year, half)
    left join by_total using (figure, item_code, province_code, year)
)

select item_code, province_code, year, figure, province_code as figure_province_code,
    year as figure_year, change
from own
union all
select item_code, province_code, year, figure, national_code, year, 100 * share
from shares
cross join stood.reference.observed_units
union all
select item_code, national_code, year, figure, province_code, year, change
from by_total
cross join stood.reference.observed_units;
"""
# From filled items to the figures they are filled in from, by their weights on the line between.
OF_CELLS = f"""
create schema if not exists stood.{TABLE.partition(".")[0]};

create or replace table stood.{TABLE} as
with answers as (
    from of_one
    union all
    from of_all
),

weighted as (
    select
        item_code,
        province_code,
        year,
        value,
        figure_year as cell_year,
        coalesce((neighbour_year - year) / (neighbour_year - figure_year), 1) as weight
    from stood.intermediate.int_items__filled
    where figure_year is not null
    union all
    select
        item_code,
        province_code,
        year,
        value,
        neighbour_year,
        (year - figure_year) / (neighbour_year - figure_year)
    from stood.intermediate.int_items__filled
    where neighbour_year is not null
),

made_of as (
    select
        weighted.item_code,
        weighted.province_code,
        weighted.year,
        weighted.cell_year,
        weighted.weight * cells.value_used / weighted.value as share
    from weighted
    inner join stood.intermediate.int_items__preferred as cells
        on
            weighted.item_code = cells.item_code
            and weighted.province_code = cells.province_code
            and weighted.cell_year = cells.year
    where weighted.value <> 0
    union all
    select distinct item_code, province_code, year, year, 1
    from of_all
    where province_code = (select national_code from stood.reference.observed_units)
)

select
    answers.item_code,
    answers.province_code,
    made_of.cell_year::integer as year,
    answers.figure,
    answers.figure_province_code,
    answers.figure_year::integer as figure_year,
    sum(answers.change * made_of.share) / 100 as change
from answers
inner join made_of using (item_code, province_code, year)
group by all
order by all;
"""


def make_cell_moves(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `TABLE`, in the columns `COLUMNS`, in the warehouse of the connection.

    What lies between two raw figures moves with both. A total moves by the share of it that a raw
    figure is, and the figures that see the total by the total; both are rows of their own, so that
    their number grows with the provinces and not with their square. A raw figure of nothing moves
    by nothing. The figure `LEFT_OUT` is not there.
    """
    (stood,) = connection.execute("select current_database()").fetchone() or ("",)
    recipe = dict(
        connection.execute(
            "select relation, statement from audit.recipe where statement is not null"
            " order by position"
        ).fetchall()
    )
    connection.execute("attach ':memory:' as moved")

    def run(script: str) -> None:
        connection.execute(script.replace("stood.", f'"{stood}".'))

    try:
        connection.execute("use moved")
        _look_at(connection, stood)
        run(PREPARE)
        _move_together(connection)
        run(MOVE_OF_ONE)
        _make_again(connection, recipe, OF_ONE)
        run(ANSWERS_OF_ONE)
        run(MOVE_OF_ALL)
        _make_again(connection, recipe, [name for name in recipe if name.startswith(OF_ALL)])
        run(ANSWERS_OF_ALL)
        run(OF_CELLS)
    finally:
        connection.execute(f'use "{stood}"')
        connection.execute("detach moved")


def _look_at(connection: duckdb.DuckDBPyConnection, stood: str) -> None:
    """Every relation that a statement may read, as it is in the warehouse."""
    relations = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = $1"
        " union select schema_name, view_name from duckdb_views() where database_name = $1",
        [stood],
    ).fetchall()
    for schema, name in relations:
        relation = f"{schema}.{name}"
        made = relation in (MOVED, *OF_ONE) or relation.startswith(OF_ALL)
        if schema in ("reference", "intermediate") and not made:
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f'create view {schema}.{name} as from "{stood}".{schema}.{name}')


def _make_again(
    connection: duckdb.DuckDBPyConnection, recipe: Mapping[str, str], relations: Iterable[str]
) -> None:
    for relation in relations:
        connection.execute(f"create table {relation} as {recipe[relation]}")


def _move_together(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave table `moved_together`: items of one number stand in no formula together."""
    beside: dict[str, set[str]] = {}
    for item, other in connection.execute(
        "select inputs.item_code, others.item_code from inputs"
        " inner join inputs as others using (figure) where not inputs.sees_totals order by all"
    ).fetchall():
        beside.setdefault(item, set()).add(other)
    together: list[set[str]] = []
    for item, others in beside.items():
        free = next((each for each in together if not each & others), None)
        if free is None:
            together.append(free := set())
        free.add(item)
    numbered = [(item, number) for number, items in enumerate(together) for item in items]
    connection.execute(
        "create table moved_together as select unnest($1) as item_code, unnest($2) as moved_in",
        [list(column) for column in zip(*numbered, strict=True)],
    )
