"""Warehouses in the field: raw tables of an earlier schema take what is landed now."""

from collections.abc import Callable
from pathlib import Path

from inboxes import Raw

# As it was before workbooks were read, with a row of that time.
EARLIER = """
create schema raw;
create table raw.files (
    dataset varchar not null, load_seq integer not null, source_file varchar not null,
    source_hash varchar not null, reader varchar, size_bytes bigint not null,
    cells_read bigint not null, cells_landed bigint not null, cells_set_aside bigint not null,
    catalogue_hash varchar not null, reading_hash varchar not null, loaded_at timestamp not null,
    primary key (dataset, load_seq)
);
create table raw.observations (
    dataset varchar not null, load_seq integer not null, source_file varchar not null,
    source_hash varchar not null, source_row integer not null, source_column varchar not null,
    yearbook varchar not null, yearbook_table varchar not null, edition integer not null,
    item_code varchar not null, item_printed varchar not null, province_code varchar not null,
    province_printed varchar not null, year integer not null, value_printed varchar not null,
    value double, mark varchar, unit varchar not null, unit_printed varchar not null,
    footnotes varchar, loaded_at timestamp not null,
    check ((value is null) <> (mark is null))
);
create table raw.set_aside (
    dataset varchar not null, load_seq integer not null, source_file varchar not null,
    source_hash varchar not null, source_row integer, source_column varchar, item_printed varchar,
    province_printed varchar, year_printed varchar, value_printed varchar, unit_printed varchar,
    reason varchar not null, expected varchar not null, loaded_at timestamp not null
);
insert into raw.files
values ('test', 1, 'a.csv', 'x', 'tidy', 1, 2, 1, 1, 'x', 'x', timestamp '2023-09-01');
insert into raw.observations values (
    'test', 1, 'a.csv', 'x', 2, 'value', 'csy', '3-9', 2021, 'gdp_100m_yuan', 'GDP', '110000',
    'Beijing', 2020, '1', 1, null, '亿元', '亿元', null, timestamp '2023-09-01'
);
insert into raw.set_aside values (
    'test', 1, 'a.csv', 'x', 3, 'value', 'GDP', 'Atlantis', '2020', '1', '亿元',
    'unknown_province', 'a name of province_names.csv', timestamp '2023-09-01'
);
"""


def test_a_warehouse_of_the_earlier_schema_takes_new_loads(
    raw: Raw, tidy: Callable[..., Path]
) -> None:
    raw.connection.execute(EARLIER)
    tidy(["Tianjin,2020,GDP,2,亿元", "Atlantis,2020,GDP,3,亿元"], name="b.csv")
    raw.land()
    landed, aside = raw.table("observations"), raw.table("set_aside")
    assert list(landed["value"]) == [1.0, 2.0]
    assert list(landed["source_sheet"]) == ["", ""]
    assert list(landed["is_computed"]) == [False, False]
    assert landed["year_printed"].fillna("?").tolist() == ["?", "2020"]
    assert landed["yearbook"].fillna("?").tolist() == ["csy", "?"]
    assert landed["yearbook_table"].fillna("?").tolist() == ["3-9", "?"]
    assert landed["rule"].fillna("?").tolist() == ["?", "tidy"]
    assert aside["rule"].fillna("?").tolist() == ["?", "tidy"]
    assert list(aside["source_sheet"]) == ["", ""]
    assert aside["edition_printed"].fillna("?").tolist() == ["?", ""]


def test_both_schemas_end_with_the_same_columns(raw: Raw, tidy: Callable[..., Path]) -> None:
    def columns() -> set[tuple[str, str, str]]:
        return set(
            raw.connection.execute(
                "select table_name, column_name, data_type from duckdb_columns() "
                "where schema_name = 'raw'"
            ).fetchall()
        )

    tidy(["Tianjin,2020,GDP,2,亿元"])
    raw.land()
    made_now = columns()
    raw.connection.execute("drop schema raw cascade")
    raw.connection.execute(EARLIER)
    assert columns() < made_now
    raw.land()
    assert columns() == made_now
