"""SQL that DuckDB alone understands stands in `dbt/macros/engine.sql`, and nowhere else.

`make engines` proves that the models give the same on PostgreSQL and Spark, but takes minutes and
both engines; this reads the text. A function is allowed when all three know it by the same name
and meaning; of syntax, what is refused is listed.
"""

import re
from pathlib import Path

import pytest

from ami.dataset import DBT_PROJECT_DIR

BY_ENGINE = {"engine.sql", "engine_spark.sql"}
KNOWN_TO_ALL = {
    "abs", "avg", "bool_and", "bool_or", "cast", "ceil", "coalesce", "corr", "count", "exp",
    "greatest", "lag", "lead", "least", "left", "length", "ln", "max", "min", "nullif",
    "percent_rank", "percentile_cont", "position", "rank", "replace", "round", "row_number",
    "stddev_samp", "string_agg", "sum", "trim",
}  # fmt: skip
# Words before a parenthesis that are no functions.
GRAMMAR = {
    "and", "as", "by", "case", "definitions", "else", "exists", "filter", "from", "group", "having",
    "in", "join", "not", "on", "or", "over", "select", "t", "then", "union", "values", "when",
    "where", "with", "within",
}  # fmt: skip
REFUSED = {
    r"\b(un)?pivot (\(|include|exclude)": "macro unpivot",
    r"\bgroup by all\b|\border by all\b": "the columns by name",
    r"\bqualify\b": "a window function in a query of its own, and `where` outside",
    r"\bexclude\b|\* replace\b": "the columns by name",
    r"\bas (varchar|text|float\d?|real|hugeint|json)\)": "string or double",
    r"::": "cast",
    r"\b(asof|positional|semi|anti) join\b": "a join that all engines know",
    r"\bstring_agg\([^()]*order by": "macro ordered_list",
    r"\bsum\([^()]*order by": "macro ordered_sum",
    r"\bover \(\)(?<=row_number\(\) over \(\))": "an order: Spark numbers no rows without one",
    r"\b1\.0 \* (?:\w+\.)?n_": "cast as double: a whole number times 1.0 is a decimal elsewhere",
    r"group by\s+'": "a column: PostgreSQL groups by no constant",
}


def faults(sql: str) -> list[str]:
    """What another engine would not know in the text of a model, with what to write instead."""
    code = re.sub(r"\{#.*?#\}|--[^\n]*", "", sql, flags=re.S)
    found = [
        f"{match.group(0)!r}: write {instead}"
        for pattern, instead in REFUSED.items()
        for match in re.finditer(pattern, code)
    ]
    # In a template calls are of macros; SQL stands in what is quoted.
    template = r"\{\{.*?\}\}|\{%.*?%\}"
    quoted = [
        text[1:-1]
        for each in re.findall(template, code, flags=re.S)
        for text in re.findall(r"'[^'\n]*'|\"[^\"\n]*\"", each)
    ]
    bare = re.sub(template, "", code, flags=re.S)
    if "{" in bare:
        found.append("a struct: write macro json_object")
    if '"' in bare:
        found.append("a quoted name: write adapter.quote, for Spark has signs of its own")
    called = set(re.findall(r"(?<![\w.])([a-z_0-9]+)\(", " ".join([bare, *quoted])))
    ctes = set(re.findall(r"\b(\w+) as \(", code))
    return found + [
        f"{name}(): all engines must know it by this name, or a macro of engine.sql"
        for name in sorted(called - KNOWN_TO_ALL - GRAMMAR - ctes)
    ]


def sources() -> list[Path]:
    return sorted(
        path
        for folder in ("models", "tests", "macros")
        for path in (DBT_PROJECT_DIR / folder).rglob("*.sql")
        if path.name not in BY_ENGINE
    )


def test_no_model_uses_what_duckdb_alone_understands() -> None:
    found = {
        str(path.relative_to(DBT_PROJECT_DIR)): wrong
        for path in sources()
        if (wrong := faults(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "sql",
    [
        "select * from wide unpivot (value for name in (a, b))",
        "select a, count(*) from t group by all",
        "select a from t qualify row_number() over (partition by a order by b) = 1",
        "select cast(year as varchar) from t",
        "select year::integer from t",
        "select string_agg(item, ', ' order by item) from t",
        "select sum(points order by indicator) from t",
        "select row_number() over () from t",
        "select to_json({'a': a}) from t",
        "select {'a': a} as terms from t",
        "select list_contains(names, 'a') from t",
        "select any_value(label) from t",
        "select * exclude (a) from t",
        "select 1.0 * n_missing / n_expected from t",
        "select a from t group by 'pooled'",
        'select t."column" from t',
        "select {{ percentage('isfinite(a)', 'b') }} from t",
    ],
)
def test_what_another_engine_does_not_know_is_found(sql: str) -> None:
    assert faults(sql)
