"""The sources of columns are read from compiled SQL."""

from ami.column_lineage import WarehouseColumn, column_sources, columns_made_from


def test_columns_are_followed_through_ctes_joins_and_windows() -> None:
    columns = {
        "raw": {"employed": {"province": "VARCHAR", "year": "INTEGER", "persons": "DOUBLE"}},
        "reference": {"provinces": {"province": "VARCHAR", "region": "VARCHAR"}},
    }
    query = """
        with shares as (
            select
                employed.province,
                provinces.region,
                persons / sum(persons) over (partition by year) as share
            from build.raw.employed as employed
            inner join build.reference.provinces as provinces
                on employed.province = provinces.province
        )

        select region, max(share) as top_share, 1 as one from shares group by region
    """
    assert column_sources(query, columns) == {
        "region": {WarehouseColumn("reference", "provinces", "region")},
        "top_share": {
            WarehouseColumn("raw", "employed", "persons"),
            WarehouseColumn("raw", "employed", "year"),
        },
        "one": set(),
    }


def test_the_sources_of_columns_are_a_table_for_a_person() -> None:
    sources = {WarehouseColumn("marts", "b", "y"), WarehouseColumn("marts", "a", "x")}
    assert columns_made_from({"total": sources, "one": set()}).splitlines() == [
        "| column | made from |",
        "|---|---|",
        "| total | marts.a.x, marts.b.y |",
        "| one |  |",
    ]
