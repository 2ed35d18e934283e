"""`ami explain`: every number of the index down to cells that are read again from the files.

The formulas stand here a second time, over the inputs that an explanation names: what they give
must be the figure explained. Tolerance 1e-9 relative, for sums are taken in another order.
"""

import csv
import json
import math
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from ami_command import run_ami_here
from rich.cells import cell_len

from ami.dataset import DEMO_YEARBOOKS, PROJECT_ROOT, REFERENCE_SEEDS, Dataset
from ami.explanation import Cell, Explanation, Figure, ItemFigure
from ami.lineage import FigureKey, explained, names_by_kind

pytestmark = pytest.mark.slow

Inputs = dict[str, float]
EXACT = 1e-9


def share_of(numerator: str, *denominator: str) -> Callable[[Inputs], float]:
    return lambda x: 100 * x[numerator] / sum(x[name] for name in denominator)


def log_of(name: str) -> Callable[[Inputs], float]:
    return lambda x: math.log(x[name])


def log_or_zero(name: str) -> Callable[[Inputs], float]:
    return lambda x: math.log(x[name]) if x[name] else 0.0


# By the words of seed `indicators` and of the paper, over base units.
FORMULAS: dict[str, Callable[[Inputs], float]] = {
    "new_product_share": share_of("new_product", "industrial_output"),
    "rd_institution_share": share_of("enterprises_with_rd_institutions", "enterprises"),
    "rd_intensity": share_of("rd_expenditure", "main_business_revenue"),
    "rd_self_funding_share": share_of("rd_own_funds", "rd_expenditure"),
    "inventory_turnover": lambda x: (
        x["main_business_cost"] / ((x["opening_inventories"] + x["closing_inventories"]) / 2)
    ),
    "cost_profit_ratio": share_of(
        "total_profit",
        *("main_business_cost", "selling_expenses", "administrative_expenses"),
        *("financial_expenses", "main_business_taxes"),
    ),
    "equity_ratio": share_of("total_liabilities", "owners_equity"),
    "debt_asset_ratio": share_of("total_liabilities", "total_assets"),
    "asset_contribution_rate": lambda x: (
        100
        * (x["total_profit"] + x["main_business_taxes"] + x["vat_payable"] + x["interest_expenses"])
        / ((x["opening_total_assets"] + x["closing_total_assets"]) / 2)
    ),
    "log_manufacturing_employment": log_of("employed_manufacturing"),
    "log_average_wage": log_of("average_wage_manufacturing"),
    "rd_high_educated_share": share_of("rd_personnel_highly_educated", "rd_personnel"),
    "rd_personnel_share": share_of("rd_personnel_fte", "employed"),
    "wastewater_compliance": share_of("wastewater_compliant", "wastewater_discharged"),
    "so2_compliance": share_of("so2_compliant", "so2_emitted"),
    "pm_compliance": share_of("pm_compliant", "pm_emitted"),
    "solid_waste_utilisation": share_of(
        "solid_waste_utilised", "solid_waste_generated", "solid_waste_earlier_stocks_utilised"
    ),
    "capital_preservation_rate": share_of("closing_owners_equity", "opening_owners_equity"),
    "value_added_rate": share_of("industrial_value_added", "industrial_output"),
    "operating_profit_share": share_of("operating_profit", "main_business_revenue"),
    "log_main_business_profit": log_of("main_business_profit"),
    "pdgp": log_of("gdp_per_capita"),
    "fdi": log_or_zero("fdi"),
    "gov": log_or_zero("budget_expenditure"),
    "inv": log_or_zero("fixed_investment"),
    "inf": log_of("post_telecom"),
    "str": share_of("tertiary_value_added", "gdp"),
    "hcl": lambda x: (
        (
            6 * x["population_primary"]
            + 9 * x["population_junior_secondary"]
            + 12 * x["population_senior_secondary"]
            + 16 * x["population_college"]
        )
        / (sum(x.values()) or 1)
    ),
    "uic": lambda x: x["invention_patents_granted"] / 1e4,
    "mi": lambda x: sum(x.values()) / 1e6,
    "icc": lambda x: (
        (x["manufacturing_trade"] + x["manufacturing_fdi"] + x["manufacturing_contracted_projects"])
        * x["yuan_per_usd"]
        / x["gdp"]
    ),
    "center": lambda x: x["innovation_centres"],
}
CONTROLS = ("pdgp", "fdi", "hcl", "gov", "inv", "str", "inf", "uic", "mi", "icc", "center")
MANUFACTURING = "employed_manufacturing_10k_persons"
WAGE = "average_wage_manufacturing_yuan"
SERVICES = (
    "employed_transport_10k_persons",
    "employed_it_10k_persons",
    "employed_finance_10k_persons",
    "employed_leasing_business_10k_persons",
    "employed_research_10k_persons",
)
AGGLOMERATION = ("coagglo", "coagglo_urban", "eg", "eg_pair")


@pytest.fixture(scope="module")
def factors() -> dict[str, float]:
    """By unit, how many base units it is."""
    with (REFERENCE_SEEDS / "units.csv").open(encoding="utf-8") as file:
        return {row["unit"]: float(row["factor"]) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def demo(demo_home: Path) -> Dataset:
    return Dataset("demo", DEMO_YEARBOOKS, demo_home)


@pytest.fixture(scope="module")
def indices(demo: Dataset) -> list[Explanation]:
    """The index of every province and year."""
    return everywhere(demo, "ami")


@pytest.fixture(scope="module")
def others(demo: Dataset) -> list[Explanation]:
    """Every other variable of the panel, of every province and year."""
    return everywhere(demo, *CONTROLS, *AGGLOMERATION)


def warehouse_of(dataset: Dataset) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(dataset.database), read_only=True)


def everywhere(dataset: Dataset, *names: str) -> list[Explanation]:
    with warehouse_of(dataset) as connection:
        province_years = connection.execute(
            "select province_code, year from marts.fct_index order by all"
        ).fetchall()
    return [*explained(dataset, [FigureKey(name, *at) for name in names for at in province_years])]


def figures(explanations: list[Explanation]) -> Iterator[Figure]:
    for explanation in explanations:
        yield from explanation.figure.walk()


def cells(explanations: list[Explanation]) -> Iterator[tuple[ItemFigure, int, Cell]]:
    """Every cell that is named, the item it is of, and the year it must be of."""
    for figure in figures(explanations):
        if isinstance(figure, ItemFigure):
            for printed in figure.printed:
                for cell in (printed.cell, *printed.others):
                    yield figure, printed.year, cell
            for cell in figure.without_figure:
                yield figure, figure.year, cell


def test_contributions_add_up_to_every_index(demo: Dataset, indices: list[Explanation]) -> None:
    with warehouse_of(demo) as connection:
        published = {
            (code, year): (ami, *dimensions)
            for code, year, ami, *dimensions in connection.execute(
                "select province_code, year, ami, amt, amm, amw, gam, ame from marts.fct_index"
            ).fetchall()
        }
    assert len(indices) == len(published) == 31 * 19
    for explanation in indices:
        ami, dimensions = explanation.figure, explanation.figure.parts
        values = published[explanation.province_code, explanation.year]
        assert (ami.value, *(part.value for part in dimensions)) == values
        assert math.fsum(part.terms["contribution"] for part in dimensions) == pytest.approx(
            ami.value, rel=EXACT
        )
        assert sum(len(dimension.parts) for dimension in dimensions) == 21
        for dimension in dimensions:
            for total, points in (
                (dimension.terms["contribution"], "contribution"),
                (dimension.value, "dimension_contribution"),
            ):
                found = math.fsum(indicator.terms[points] for indicator in dimension.parts)
                assert found == pytest.approx(total, rel=EXACT)


def test_every_score_and_contribution_follows_from_what_is_named(
    indices: list[Explanation],
) -> None:
    seen = 0
    for figure in figures(indices):
        if figure.kind != "indicator":
            continue
        terms, span = figure.terms, figure.terms["value_max"] - figure.terms["value_min"]
        above = (figure.value - terms["value_min"]) / span
        score = 1 - above if terms["attribute"] == "negative" else above
        assert terms["score"] == pytest.approx(score, rel=EXACT, abs=EXACT)
        for points, weight in (
            ("contribution", "overall_weight"),
            ("dimension_contribution", "individual_weight"),
        ):
            assert terms[points] == pytest.approx(100 * terms[weight] * score, abs=EXACT)
        seen += 1
    assert seen == 31 * 19 * 21


def test_every_figure_recomputes_from_the_inputs_it_names(
    indices: list[Explanation], others: list[Explanation], factors: dict[str, float]
) -> None:
    seen = dict.fromkeys(FORMULAS, 0)
    for figure in figures([*indices, *others]):
        if figure.name in FORMULAS and not isinstance(figure, ItemFigure):
            if figure.value is None:
                assert figure.missing and any(part.value is None for part in figure.parts)
                continue
            inputs = {
                part.input if isinstance(part, ItemFigure) else part.name: part.value
                * factors.get(part.unit, 1.0)
                for part in figure.parts
            }
            assert figure.value == pytest.approx(FORMULAS[figure.name](inputs), rel=EXACT)
            seen[figure.name] += 1
    # The list of innovation centres begins with 2016.
    assert seen.pop("center") == 31 * 6
    assert set(seen.values()) == {31 * 19}


def test_agglomeration_recomputes_from_the_figures_it_names(
    others: list[Explanation], factors: dict[str, float]
) -> None:
    seen = 0
    for explanation in others:
        if explanation.figure.name not in AGGLOMERATION:
            continue
        figure = explanation.figure
        for part in figure.walk():
            if part.kind == "sum":
                services = sum(item.value * factors[item.unit] for item in part.parts)
                assert part.value == pytest.approx(services, rel=EXACT)
                assert len(part.parts) == 5
            if part.kind == "total":
                assert part.value == pytest.approx(sum(part.terms["by_province"].values()))
                assert len(part.terms["by_province"]) == part.terms["n_provinces"]
            if part.kind == "quotient":
                own, all_own, national, all_national = (
                    number.value * factors.get(number.unit, 1.0) for number in part.parts
                )
                assert part.value == pytest.approx((own / national) / (all_own / all_national))
        if figure.name == "eg":
            m, ps, national_m, national_ps = (
                part.value * factors.get(part.unit, 1.0) for part in figure.parts
            )
            both, n = national_m + national_ps, figure.parts[2].terms["n_provinces"]
            shares = ((m + ps) / both, m / national_m, ps / national_ps)
            h, h_m, h_ps = (share**2 - 1 / n for share in shares)
            w_m, w_ps = national_m / both, national_ps / both
            by_hand = (h - (h_m * w_m**2 + h_ps * w_ps**2)) / (1 - (w_m**2 + w_ps**2))
        elif figure.name == "eg_pair":
            quotient_m, quotient_ps, national = figure.parts
            employed = national.terms["by_province"]
            x = employed[explanation.province_code] / national.value
            squares = math.fsum((each / national.value) ** 2 for each in employed.values())
            s_m, s_ps = (quotient.value * x for quotient in (quotient_m, quotient_ps))
            by_hand = (s_m - x) * (s_ps - x) / x**2 / (1 - squares)
            assert figure.terms["sum_squared_shares"] == pytest.approx(squares, rel=EXACT)
        else:
            m, ps = (part.value for part in figure.parts)
            by_hand = 1 - abs(m - ps) / (m + ps) + m + ps
        assert figure.value == pytest.approx(by_hand, rel=1e-7)
        seen += 1
    assert seen == 4 * 31 * 19


def test_every_cell_named_is_there_in_its_file_as_printed(
    indices: list[Explanation], others: list[Explanation], factors: dict[str, float]
) -> None:
    files = {
        path.name: list(csv.reader(path.open(encoding="utf-8-sig", newline="")))
        for path in DEMO_YEARBOOKS.glob("*.csv")
    }
    seen: set[tuple[str, int]] = set()
    for item, year, cell in cells([*indices, *others]):
        heading, printed = files[cell.file][0], files[cell.file][cell.row - 1]
        at = dict(zip(heading, printed, strict=True))
        assert at[cell.column] == cell.value_printed
        assert at["unit"] == cell.unit_printed
        assert at["year"] == cell.year_printed == str(year)
        assert at["item"] == cell.item_printed
        assert at["province"] == cell.province_printed
        assert at["edition"] == str(cell.edition)
        if cell.verdict == "counts":
            amount = float(cell.value_printed.replace(",", "")) * factors[cell.unit_printed]
            assert cell.value * factors[item.unit] == pytest.approx(amount, rel=EXACT)
        seen.add((cell.file, cell.row))
    # Most of what the demo prints for the provinces; the rest are items no formula needs.
    assert len(seen) > 25_000


def test_every_item_rests_on_the_figures_it_names(
    indices: list[Explanation], others: list[Explanation]
) -> None:
    methods: dict[str, int] = {}
    for item in figures([*indices, *others]):
        if not isinstance(item, ItemFigure):
            continue
        methods[item.fill_method] = methods.get(item.fill_method, 0) + 1
        assert all(printed.cell.verdict == "counts" for printed in item.printed)
        assert item.is_interpolated == (item.fill_method in ("linear", "nearest"))
        match item.fill_method, item.printed:
            case "observed", (only,):
                assert (only.year, only.value) == (item.year, item.value)
            case "nearest", (only,):
                assert only.year != item.year and only.value == item.value
            case "linear", (before, after):
                assert before.year < item.year < after.year
                assert item.gap_length == after.year - before.year - 1
                slope = (after.value - before.value) / (after.year - before.year)
                on_line = before.value + slope * (item.year - before.year)
                assert item.value == pytest.approx(on_line, rel=EXACT)
            case "absent_zero", ():
                assert item.value == 0 and item.notes
            case "missing", ():
                assert item.value is None and item.missing
            case other:
                raise AssertionError(other)
    assert {"observed", "linear", "nearest"} <= set(methods)


def test_of_several_editions_the_newest_counts_and_the_others_are_named(
    others: list[Explanation],
) -> None:
    revised = 0
    for item in figures(others):
        for printed in item.printed if isinstance(item, ItemFigure) else ():
            older = [cell for cell in printed.others if cell.verdict == "older_edition"]
            assert all(cell.edition < printed.cell.edition for cell in older)
            assert ("newest of" in printed.why) == bool(older)
            revised += bool(older)
    assert revised > 0


def test_the_command_says_the_same(demo: Dataset, demo_home: Path) -> None:
    answer = run_ami_here(
        demo_home, "explain", "AMI", "--province", "北京市", "--year", "2010", "--json"
    )
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    (same,) = explained(demo, [FigureKey("ami", "110000", 2010)])
    assert told == json.loads(same.json())
    assert told["is_synthetic"] is True
    assert told["figure"]["parts"][0]["parts"][0]["parts"][0]["printed"][0]["cell"]["verdict"] == (
        "counts"
    )


def test_a_coefficient_is_told_as_the_sum_of_its_indicators(demo_home: Path, demo: Dataset) -> None:
    answer = run_ami_here(demo_home, "explain", "table 4 (1) coagglo", "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        printed = connection.execute(
            """
            select estimate
            from estimates.estimates
            where "table" = '4' and "column" = '1' and term = 'coagglo'
            """
        ).fetchall()
    parts = [part for part in told["parts"] if part["kind"] == "indicator"]
    assert told["is_synthetic"] and len(parts) == 21
    assert math.fsum(part["estimate"] for part in parts) == pytest.approx(printed[0][0], rel=1e-12)
    shared = {part["component"]: part["shared_items"] for part in parts if part["shared_items"]}
    assert shared == {
        "log_manufacturing_employment": [MANUFACTURING],
        "rd_personnel_share": ["employed_10k_persons"],
    }
    assert all(set(part["shared_items"]) <= set(part["items"]) for part in parts)

    changes = [abs(cell["change"]) for cell in told["cells"]]
    assert len(changes) == 20 and changes == sorted(changes, reverse=True)
    first = told["cells"][0]
    province, year = first["province_year"].rsplit(" ", 1)
    cell = run_ami_here(
        demo_home, "explain", first["item_code"], "--province", province, "--year", year
    )
    assert cell.returncode == 0 and "the only edition" in cell.stdout, cell.stderr

    tree = run_ami_here(demo_home, "explain", "Table 4 (1) coagglo").stdout
    assert f"{first['item_code']}, {first['province_year']}" in tree
    assert "SYNTHETIC" in tree and tree.count("made of ") == 21
    assert f"on both sides of the equation: {MANUFACTURING}" in tree
    wrong = run_ami_here(demo_home, "explain", "table 4 (9) coagglo")
    assert wrong.returncode == 2 and "of table 4 there are: (1) coagglo" in wrong.stderr
    placed = run_ami_here(demo_home, "explain", "table 4 (1) coagglo", "--year", "2010")
    assert placed.returncode == 2 and "leave out --province and --year" in placed.stderr
    nowhere = run_ami_here(demo_home, "explain", "ami")
    assert nowhere.returncode == 2 and "add --province and --year" in nowhere.stderr


def test_each_cell_and_each_footnote_is_told_once(demo_home: Path) -> None:
    answer = run_ami_here(demo_home, "explain", "ami", "--province", "广西", "--year", "2014")
    assert answer.returncode == 0, answer.stderr
    places = re.findall(r"\w+\.csv, row \d+", answer.stdout)
    assert len(places) > 40
    assert len(places) == len(set(places))
    # Revenue is an input of two indicators and stands in full below the first.
    revenue = answer.stdout.split("main_business_revenue 2014: ")[1:]
    assert [", as above" in told.splitlines()[3] for told in revenue] == [False, True]
    gdp = run_ami_here(demo_home, "explain", "str", "--province", "广西", "--year", "2013")
    assert gdp.stdout.count("根据全国经济普查结果修订") == 1
    assert gdp.stdout.splitlines()[-2:] == ["[1] 根据全国经济普查结果修订", "[2] 初步核算数"]


@pytest.fixture(scope="module")
def documented() -> list[str]:
    """The queries of docs/explain.md."""
    text = (PROJECT_ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
    return re.findall(r"```sql\n(.*?)```", text, re.DOTALL)


def test_the_documented_query_reaches_the_cells_of_the_explanation(
    demo: Dataset, documented: list[str]
) -> None:
    with warehouse_of(demo) as connection:
        found = connection.execute(documented[0]).fetchall()
    explanation = [*explained(demo, [FigureKey("rd_intensity", "110000", 2010)])]
    named = {
        (
            *(item.name, year, cell.value_printed, cell.unit_printed),
            *(cell.file, cell.sheet, cell.row, cell.column),
        )
        for item, year, cell in cells(explanation)
        if cell.verdict == "counts"
    }
    assert set(found) == named
    assert len(found) == 2


def test_the_documented_query_goes_from_a_cell_to_the_figures_it_decides(
    demo: Dataset, documented: list[str]
) -> None:
    with warehouse_of(demo) as connection:
        found = connection.execute(documented[1]).fetchall()
    # GDP of Guangxi in 2012, from which 2013 was filled in, too.
    assert [(figure, year) for figure, year, _ in found] == [
        (figure, year) for year in (2012, 2013) for figure in ("icc", "str")
    ]


def test_every_part_is_a_figure(demo: Dataset) -> None:
    with warehouse_of(demo) as connection:
        lost = connection.execute(
            """
            from lineage.lineage_parts as parts
            anti join lineage.lineage_figures as figures
                on
                    parts.part = figures.figure
                    and parts.part_province_code = figures.province_code
                    and parts.part_year = figures.year
            """
        ).fetchall()
    assert lost == []


@pytest.mark.parametrize(
    "variable", ["ami", "gam", "coagglo", "eg", "eg_pair", "icc", "地区生产总值"]
)
def test_a_tree_is_readable_at_80_columns(demo_home: Path, variable: str) -> None:
    asked = ["explain", variable, "--province", "Inner Mongolia", "--year", "2021"]
    answer = run_ami_here(demo_home, *asked, COLUMNS="80")
    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    assert "内蒙古 Inner Mongolia 150000, 2021; dataset demo, SYNTHETIC" in lines[0]
    assert max(map(cell_len, lines)) <= 80
    assert ".csv, row " in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["coaglo", "--province", "110000", "--year", "2010"], "did you mean coagglo"),
        (["xyz", "--province", "110000", "--year", "2010"], "the indicators are new_product_share"),
        (["ami", "--province", "Bejing", "--year", "2010"], "did you mean 'beijing'?"),
        (["ami", "--province", "全国", "--year", "2010"], "is not a province of the sample"),
        (["ami", "--province", "香港", "--year", "2010"], "is not a province of the sample"),
        (["ami", "--province", "110000", "--year", "1999"], "has the years 2003 to 2021"),
        (["ami", "--province", "110000", "--year", "x"], "Invalid value"),
        (["ami", "--province", "\x1b[31m", "--year", "2010"], "\\x1b[31m"),
        (["ami", "--province", "110000"], "--year"),
    ],
)
def test_what_cannot_be_asked_is_answered_in_words(
    demo_home: Path, arguments: list[str], words: str
) -> None:
    answer = run_ami_here(demo_home, "explain", *arguments)
    assert answer.returncode == 2
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


def test_corrections_marks_and_hostile_texts_are_shown_and_do_nothing(
    demo_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "warehouse" / "demo"
    folder.mkdir(parents=True)
    database = folder / "warehouse.duckdb"
    shutil.copyfile(demo_home / "warehouse" / "demo" / "warehouse.duckdb", database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            r"""
            update intermediate.int_items__editions
            set
                is_corrected = true,
                value_printed = '12[/red]3' || chr(27) || '[31m',
                source_file = '[bold]' || chr(8238) || 'x.csv',
                correction_reason = 'a digit ' || chr(10) || ' lost'
            where item_code = 'gdp_100m_yuan' and province_code = '110000' and year = 2010
            """
        )
    asked = ["explain", "str", "--province", "11", "--year", "2010"]
    tree = run_ami_here(tmp_path, *asked)
    assert tree.returncode == 0, tree.stderr
    assert "'12[/red]3\\x1b[31m' " in tree.stdout
    assert "[bold]\\u202ex.csv" in tree.stdout
    assert "corrected," in tree.stdout and "a digit ␤ lost" in tree.stdout
    told = run_ami_here(tmp_path, *asked, "--json")
    assert not {"\x1b", "\u202e"} & {*tree.stdout, *told.stdout}
    gdp = json.loads(told.stdout)["figure"]["parts"][1]["printed"][0]["cell"]
    assert gdp["value_printed"] == "12[/red]3\x1b[31m"
    assert (gdp["is_corrected"], gdp["correction_reason"]) == (True, "a digit \n lost")


def test_a_warehouse_of_another_make_is_told_in_words(tmp_path: Path) -> None:
    asked = ["explain", "ami", "--province", "110000", "--year", "2010"]
    none = run_ami_here(tmp_path, *asked)
    assert none.returncode == 2
    assert "start with ami refresh --dataset demo" in none.stderr
    folder = tmp_path / "warehouse" / "demo"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create table another as select 1 as make")
    other = run_ami_here(tmp_path, *asked)
    assert other.returncode == 1
    assert "cannot be read by this version" in other.stderr


@pytest.fixture(scope="module")
def real(nbs_home: Path, real_data: Path) -> Dataset:
    return Dataset("nbs", real_data, nbs_home)


class TestRealFiles:
    def test_every_cell_named_is_there_in_its_file_as_printed(
        self, real: Dataset, real_data: Path
    ) -> None:
        explanations = everywhere(
            real, "ami_partial", "coagglo", "coagglo_urban", "eg", "eg_pair", "pdgp", "str", "uic"
        )
        files: dict[str, list[list[str]]] = {}
        for path in real_data.glob("*.csv"):
            content = path.read_bytes()
            encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030"
            files[path.name] = list(csv.reader(content.decode(encoding).splitlines()))
        seen: set[tuple[str, int, str]] = set()
        for _, year, cell in cells(explanations):
            lines = files[cell.file]
            heading = next(line for line in lines if line and line[0] == "地区")
            printed = lines[cell.row - 1]
            assert printed[heading.index(cell.column)] == cell.value_printed
            assert printed[0] == cell.province_printed
            assert cell.column.startswith(str(year))
            assert cell.item_printed in cell.file
            seen.add((cell.file, cell.row, cell.column))
        assert len(seen) > 4000

    def test_an_index_of_three_indicators_adds_up_and_names_the_others(self, real: Dataset) -> None:
        (found,) = explained(real, [FigureKey("ami_partial", "110000", 2016)])
        assert found.figure.terms["n_indicators"] == 3
        contributions = [part.terms["contribution"] for part in found.figure.parts]
        assert math.fsum(contributions) == pytest.approx(found.figure.value, rel=EXACT)
        assert "so2_compliance" in found.figure.notes[0]
        (found,) = explained(real, [FigureKey("ami", "110000", 2016)])
        whole = found.figure
        assert whole.value is None
        assert "is a partial one, ami_partial: it has 3 of 21 indicators" in whole.missing
        assert not found.is_synthetic
        employed = next(part for part in found.figure.walk() if part.name == "employed_10k_persons")
        assert isinstance(employed, ItemFigure)
        assert (employed.fill_method, employed.gap_length) == ("linear", 9)
        assert [printed.year for printed in employed.printed] == [2010, 2020]

    def test_a_figure_without_a_value_says_what_is_missing(
        self, real: Dataset, nbs_home: Path
    ) -> None:
        with warehouse_of(real) as connection:
            names = names_by_kind(connection)
        unexplained = [
            (found.figure.name, found.province_code, found.year)
            for found in everywhere(real, *(name for kind in names for name in names[kind]))
            if (found.figure.value is None) != bool(found.figure.missing)
        ]
        assert unexplained == []
        answer = run_ami_here(
            nbs_home, "explain", "fdi", "--province", "Tibet", "--year", "2010", "-d", "nbs"
        )
        assert answer.returncode == 0, answer.stderr
        assert "fdi has no value" in answer.stdout
        assert "no figure of fdi_10k_usd for 2010, nor for any other year" in answer.stdout
        assert "SYNTHETIC" not in answer.stdout
        (outside,) = explained(real, [FigureKey("ami", "110000", 2005)])
        assert outside.figure.missing == (
            "not in the index sample: of the indicators that the dataset has, the province lacks "
            "log_manufacturing_employment, log_average_wage, rd_personnel_share in 2005"
        )

    @pytest.mark.parametrize(
        ("figure", "province_code", "year", "missing"),
        [
            ("ami", "110000", 2005, [MANUFACTURING, WAGE, "rd_personnel_fte_person_years"]),
            ("ami", "110000", 2021, [MANUFACTURING, WAGE]),
            ("coagglo", "540000", 2003, [MANUFACTURING, "employed_10k_persons", *SERVICES]),
            ("magglo", "540000", 2003, [MANUFACTURING, "employed_10k_persons", *SERVICES]),
            ("psagglo", "540000", 2021, [*SERVICES, MANUFACTURING]),
            ("eg", "540000", 2021, [MANUFACTURING, *SERVICES]),
            ("fdi", "540000", 2010, ["fdi_10k_usd"]),
            (
                "icc",
                "110000",
                2010,
                [
                    "manufacturing_trade_10k_usd",
                    "manufacturing_fdi_10k_usd",
                    "manufacturing_contracted_projects_10k_usd",
                ],
            ),
            (
                "new_product_share",
                "110000",
                2010,
                ["new_product_output_10k_yuan", "industrial_output_100m_yuan"],
            ),
            ("amt", "110000", 2010, []),
            ("pdgp", "110000", 2010, []),
        ],
    )
    def test_what_is_missing_is_listed_exactly(
        self, real: Dataset, figure: str, province_code: str, year: int, missing: list[str]
    ) -> None:
        (found,) = explained(real, [FigureKey(figure, province_code, year)])
        assert [(item["item_code"], item["year"]) for item in found.missing_items] == [
            (item_code, year) for item_code in missing
        ]

    def test_of_an_opening_stock_the_year_before_is_missing(self, real: Dataset) -> None:
        (found,) = explained(real, [FigureKey("inventory_turnover", "110000", 2010)])
        assert [(item["item_code"], item["year"]) for item in found.missing_items] == [
            ("main_business_cost_100m_yuan", 2010),
            ("inventories_100m_yuan", 2009),
            ("inventories_100m_yuan", 2010),
        ]
