"""The pairwise coagglomeration index, as SQL computes it, against numbers that others made.

REAT 3.0.3 (R) computes G of an industry, the sum of (s - x)^2, on Farhauer and Kröll's example of
four industries in three regions (their firms summed here). Of a pair the sum of (s_i - x)(s_j - x)
follows by polarisation from G of both industries and of the two as one: Ellison and Glaeser (1997)
define their index by these, Ellison, Glaeser and Kerr (2010) show that for a pair it is that sum
over 1 - sum of x^2. REAT's own `ellison.c` adds shares of industries without weighting them by
size and gives 12.07 here, beyond what the index can be; it is not followed. G is printed to 14
digits.
"""

from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pandas as pd
import pytest

MACROS = Path(__file__).parents[2] / "dbt" / "macros"
REGIONS = (360_000, 108_000, 132_000)
CLOTHING, FORESTRY, DYEING = (8575, 645, 780), (6425, 4295, 480), (8575, 645, 210)
TEXTILES_TRADE = (7765, 1245, 530)
# Two industries, and REAT's G of the first, of the second, and of both as one.
PAIRS = {
    "clothing and forestry": (
        CLOTHING, FORESTRY, 0.0998105, 0.073478332270408, 0.0401588465646137,
    ),
    "forestry and textiles trade": (
        FORESTRY, TEXTILES_TRADE, 0.073478332270408, 0.075262793753763, 0.044020773520531,
    ),
    "clothing and dyeing": (
        CLOTHING, DYEING, 0.0998105, 0.14723848910710, 0.12137815524221,
    ),
}  # fmt: skip


def by_sql(
    first: np.ndarray, second: np.ndarray, everyone: np.ndarray
) -> tuple[float, list[float]]:
    """The national index, and each region's part relative to its size, by the dbt macros."""
    names = ("arithmetic.sql", "agglomeration.sql")
    macros = "".join((MACROS / name).read_text(encoding="utf-8") for name in names)
    select = """
        select
            x,
            {{ pairwise_ellison_glaeser('first_quotient', 'second_quotient', 'squares') }} as part
        from (
            select
                employed / sum(employed) over () as x,
                {{ location_quotient('a', 'sum(a) over ()', 'employed', 'sum(employed) over ()') }}
                    as first_quotient,
                {{ location_quotient('b', 'sum(b) over ()', 'employed', 'sum(employed) over ()') }}
                    as second_quotient,
                sum(employed * employed) over () / (sum(employed) over () * sum(employed) over ())
                    as squares
            from regions
        )
    """
    regions = pd.DataFrame({"a": first, "b": second, "employed": everyone}).astype(float)
    with duckdb.connect() as connection:
        connection.register("regions", regions)
        found = connection.execute(jinja2.Template(macros + select).render()).df()
    return float((found["x"] ** 2 * found["part"]).sum()), found["part"].tolist()


@pytest.mark.parametrize("pair", PAIRS)
def test_of_two_industries_as_g_of_reat_has_it(pair: str) -> None:
    first, second, g_first, g_second, g_both = PAIRS[pair]
    share = sum(first) / (sum(first) + sum(second))
    pairwise = g_both - share**2 * g_first - (1 - share) ** 2 * g_second
    pairwise /= 2 * share * (1 - share)
    x = np.array(REGIONS) / sum(REGIONS)
    national, parts = by_sql(np.array(first), np.array(second), np.array(REGIONS))
    assert national == pytest.approx(pairwise / (1 - (x**2).sum()), rel=1e-11)
    assert len(parts) == 3


def test_brute_force_over_five_services_and_the_definition_of_1997() -> None:
    """The mean over pairs with each service, weighted by size, is the pair with all of them."""
    rng = np.random.default_rng(20)
    manufacturing, services = rng.uniform(1, 9, 31), rng.uniform(0.1, 5, (5, 31))
    everyone = manufacturing + services.sum(axis=0) + rng.uniform(1, 9, 31)
    x = everyone / everyone.sum()
    weighted = 0.0
    for service in services:
        total = 0.0
        for region in range(31):
            total += (manufacturing[region] / manufacturing.sum() - x[region]) * (
                service[region] / service.sum() - x[region]
            )
        weighted += total / (1 - (x**2).sum()) * service.sum() / services.sum()
    national, parts = by_sql(manufacturing, services.sum(axis=0), everyone)
    assert national == pytest.approx(weighted, rel=1e-12)

    # EG (1997), eq. 7, of two industries without plants: H is 0.
    pair = np.stack([manufacturing, services.sum(axis=0)])
    w = pair.sum(axis=1) / pair.sum()
    g = ((pair / pair.sum(axis=1, keepdims=True) - x) ** 2).sum(axis=1)
    g_both = ((pair.sum(axis=0) / pair.sum() - x) ** 2).sum()
    of_1997 = (g_both - (w**2 * g).sum()) / (1 - (x**2).sum()) / (1 - (w**2).sum())
    assert national == pytest.approx(of_1997, rel=1e-12)

    # A region cut in two halves of the same make has halves of the same part, but for sum of x^2.
    halved = [np.append(values[1:], [values[0] / 2] * 2) for values in (*pair, everyone)]
    _, cut = by_sql(*halved)
    assert cut[-1] == cut[-2]
    squares, cut_squares = (x**2).sum(), (x[1:] ** 2).sum() + x[0] ** 2 / 2
    assert cut[-1] * (1 - cut_squares) == pytest.approx(parts[0] * (1 - squares), rel=1e-12)
