"""What cells mean: percent signs, years, duplicates, and what a person's rows release.

Every figure is invented.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

from yearbooks.accepted import AcceptedReading, CorrectionKey, FileReleases
from yearbooks.catalogue import Catalogue
from yearbooks.cells import CELL_COLUMNS, Fault, cell_frame
from yearbooks.labels import match_key
from yearbooks.reference import Item
from yearbooks.resolution import UNREADABLE, resolve

NO_RESULT = Fault("formula_without_value", "a stored result")
GDP_2020: CorrectionKey = ("gdp_100m_yuan", "110000", 2020, 2021, "")


def cell(**texts: object) -> dict[str, object]:
    """A cell of a sound file, but for what is given."""
    printed = dict.fromkeys(CELL_COLUMNS, "") | {
        "source_row": 1,
        "source_column": "B",
        "item_printed": "GDP",
        "province_printed": "Beijing",
        "year_printed": "2020",
        "value_printed": "1",
        "unit_printed": "亿元",
        "is_computed": False,
        "fault": None,
    }
    return printed | texts


def resolved(
    catalogue: Catalogue, *cells: dict[str, object], releases: FileReleases | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = cell_frame([[each[column] for column in CELL_COLUMNS] for each in cells])
    landed, aside = resolve(frame, catalogue, 2030, releases or FileReleases())
    assert len(landed) + len(aside) == len(cells)
    return landed, aside


def naming(text: str, *, row: int = 2) -> FileReleases:
    """A correction of Beijing's GDP of 2020 in edition 2021, where it is printed as `text`."""
    return FileReleases(corrections={(*GDP_2020[:4], text): row})


def reading(field: str, as_printed: str, read_as: str, sheet: str = "") -> FileReleases:
    return FileReleases(readings=(AcceptedReading(sheet, field, as_printed, read_as),))


@pytest.fixture(scope="session")
def with_a_rate(catalogue: Catalogue) -> Catalogue:
    """The catalogue with an item in percent: none of the paper's is printed so."""
    rate = Item("rate_pct", "csy", "1-1", "%", "percent", "whole_society")
    items: Mapping[str, Item] = {**catalogue.items, match_key("Rate"): rate}
    return replace(catalogue, items=items)


class TestPercentSigns:
    @pytest.mark.parametrize("text", ["35%", "３５％", " 35 % ", "35.0%", "35"])
    def test_a_sign_repeats_the_unit_percent(self, with_a_rate: Catalogue, text: str) -> None:
        landed, _ = resolved(
            with_a_rate, cell(item_printed="Rate", unit_printed="％", value_printed=text)
        )
        assert landed[["value", "mark", "unit"]].to_numpy().tolist() == [[35.0, None, "%"]]

    @pytest.mark.parametrize(
        ("item", "unit", "text"),
        [
            ("Rate", "‰", "35%"),
            ("Rate", "‰", "35‰"),
            ("Rate", "%", "35‰"),
            ("Rate", "%", "35%%"),
            ("Rate", "%", "%"),
            ("Rate", "%", "…%"),
            ("GDP", "亿元", "35%"),
        ],
    )
    def test_no_sign_scales_a_figure(
        self, with_a_rate: Catalogue, item: str, unit: str, text: str
    ) -> None:
        _, aside = resolved(
            with_a_rate, cell(item_printed=item, unit_printed=unit, value_printed=text)
        )
        assert list(aside["reason"]) == ["unreadable_value"]
        assert "no sign scales a figure" in aside["expected"].iloc[0]

    def test_a_share_is_not_taken_for_percent(self, with_a_rate: Catalogue) -> None:
        landed, _ = resolved(
            with_a_rate, cell(item_printed="Rate", unit_printed="%", value_printed="0.35")
        )
        assert list(landed["value"]) == [0.35]


class TestYears:
    @pytest.mark.parametrize(
        "text",
        [
            "2019-01-31",
            "2019/1/31",
            "2019-01-31 00:00:00",
            "31.01.2019",
            "2019年1月31日",
            "2019年1月",
            "Jan-19",
            "31 January 2019",
        ],
    )
    def test_a_date_is_told_to_be_one(self, catalogue: Catalogue, text: str) -> None:
        _, aside = resolved(catalogue, cell(year_printed=text))
        assert list(aside["reason"]) == ["unreadable_year"]
        assert "a date or a month is not read as a year" in aside["expected"].iloc[0]

    @pytest.mark.parametrize("text", ["20l9", "2O19", "２０ｌ９年"])
    def test_a_letter_for_a_digit_is_told(self, catalogue: Catalogue, text: str) -> None:
        _, aside = resolved(catalogue, cell(year_printed=text))
        assert "a letter stands in the place of a digit" in aside["expected"].iloc[0]

    @pytest.mark.parametrize("text", ["2019-20", "19", "43466", "Oslo", "2019.5", ""])
    def test_anything_else_is_told_what_a_year_is(self, catalogue: Catalogue, text: str) -> None:
        _, aside = resolved(catalogue, cell(year_printed=text))
        assert list(aside["expected"]) == ["a year from 1949 to 2100 in four digits"]


class TestFileWithSheets:
    def test_duplicates_are_looked_for_across_sheets(self, catalogue: Catalogue) -> None:
        landed, aside = resolved(
            catalogue, cell(source_sheet="a"), cell(source_sheet="b"), cell(year_printed="2019")
        )
        assert list(landed["source_sheet"]) == ["a", ""]
        assert list(aside["source_sheet"]) == ["b"]

    def test_the_unstated_edition_follows_the_last_year_of_the_file(
        self, catalogue: Catalogue
    ) -> None:
        landed, _ = resolved(
            catalogue, cell(source_sheet="2018", year_printed="2018"), cell(source_sheet="2020")
        )
        assert list(landed["edition"]) == [2021, 2021]

    def test_a_file_of_which_nothing_could_be_read(self, catalogue: Catalogue) -> None:
        fault = Fault("unreadable_file", "another file")
        landed, aside = resolved(catalogue, cell(fault=fault), releases=naming("1"))
        assert landed.empty
        assert list(aside["expected"]) == ["another file"]


class TestAcceptedReadings:
    @pytest.mark.parametrize(
        ("field", "as_printed", "read_as", "column", "meaning"),
        [
            ("item", "Sunshine", "GDP", "item_code", "gdp_100m_yuan"),
            ("unit", "", "万元", "unit", "万元"),
            ("province", "Capital", "Beijing", "province_code", "110000"),
            ("year", "20l9", "2019", "year", 2019),
            ("edition", "", "2025", "edition", 2025),
            ("edition", "soon", "2025", "edition", 2025),
        ],
    )
    def test_the_meaning_changes_and_the_text_stays(
        self,
        catalogue: Catalogue,
        field: str,
        as_printed: str,
        read_as: str,
        column: str,
        meaning: object,
    ) -> None:
        landed, _ = resolved(
            catalogue,
            cell(**{f"{field}_printed": as_printed}),
            releases=reading(field, as_printed, read_as),
        )
        assert list(landed[column]) == [meaning]
        assert list(landed[f"{field}_printed"]) == [as_printed]

    def test_a_text_the_catalogue_knows_may_be_read_otherwise(self, catalogue: Catalogue) -> None:
        landed, _ = resolved(
            catalogue, cell(), cell(year_printed="2019"), releases=reading("unit", "亿元", "万元")
        )
        assert list(landed["unit"]) == ["万元", "万元"]
        assert list(landed["unit_printed"]) == ["亿元", "亿元"]

    def test_a_reading_of_one_sheet_goes_before_that_of_all(self, catalogue: Catalogue) -> None:
        general = reading("province", "Capital", "Tianjin").readings
        special = reading("province", "Capital", "Beijing", "b").readings
        landed, _ = resolved(
            catalogue,
            cell(source_sheet="a", province_printed="Capital"),
            cell(source_sheet="b", province_printed=" Capital "),
            releases=FileReleases(readings=general + special),
        )
        assert list(landed["province_code"]) == ["120000", "110000"]

    def test_a_reading_of_another_sheet_or_text_changes_nothing(self, catalogue: Catalogue) -> None:
        strange = cell(source_sheet="a", province_printed="Capital")
        for rows in (
            reading("province", "Capital", "Beijing", "b"),
            reading("province", "Capita", "Beijing"),
            reading("item", "Capital", "GDP"),
        ):
            _, aside = resolved(catalogue, strange, releases=rows)
            assert list(aside["reason"]) == ["unknown_province"]

    def test_readings_do_not_follow_one_another(self, catalogue: Catalogue) -> None:
        rows = (
            reading("province", "Capital", "Beijing").readings
            + reading("province", "Beijing", "Tianjin").readings
        )
        landed, _ = resolved(
            catalogue, cell(province_printed="Capital"), releases=FileReleases(readings=rows)
        )
        assert list(landed["province_code"]) == ["110000"]

    def test_a_year_read_for_the_printed_one_tells_the_unstated_edition(
        self, catalogue: Catalogue
    ) -> None:
        landed, _ = resolved(
            catalogue, cell(year_printed="2O22"), releases=reading("year", "2O22", "2022")
        )
        assert list(landed["edition"]) == [2023]


class TestCorrections:
    @pytest.mark.parametrize("fault", [None, NO_RESULT])
    def test_a_named_cell_without_a_figure_lands_as_unreadable(
        self, catalogue: Catalogue, fault: Fault | None
    ) -> None:
        strange = cell(value_printed="\u3000l2.5①", fault=fault)
        _, aside = resolved(catalogue, strange)
        assert list(aside["reason"]) == [fault.reason if fault else "unreadable_value"]
        landed, _ = resolved(catalogue, strange, releases=naming("l2.5①"))
        assert landed["value"].isna().all()
        assert list(landed["mark"]) == [UNREADABLE]
        assert list(landed["value_printed"]) == ["\u3000l2.5①"]

    @pytest.mark.parametrize(
        "key",
        [
            ("employed_10k_persons", "110000", 2020, 2021, "x"),
            ("gdp_100m_yuan", "120000", 2020, 2021, "x"),
            ("gdp_100m_yuan", "110000", 2019, 2021, "x"),
            ("gdp_100m_yuan", "110000", 2020, 2022, "x"),
            ("gdp_100m_yuan", "110000", 2020, 2021, "X"),
        ],
    )
    def test_another_key_or_text_releases_nothing(
        self, catalogue: Catalogue, key: CorrectionKey
    ) -> None:
        _, aside = resolved(
            catalogue, cell(value_printed="x"), releases=FileReleases(corrections={key: 2})
        )
        assert list(aside["reason"]) == ["unreadable_value"]

    @pytest.mark.parametrize(
        ("texts", "reason"),
        [
            ({"item_printed": "Sunshine"}, "unknown_item"),
            ({"unit_printed": "公顷"}, "unknown_unit"),
            ({"fault": Fault("ragged_row", "a row that fits")}, "ragged_row"),
        ],
    )
    def test_a_correction_answers_for_the_figure_alone(
        self, catalogue: Catalogue, texts: dict[str, object], reason: str
    ) -> None:
        _, aside = resolved(catalogue, cell(value_printed="x", **texts), releases=naming("x"))
        assert list(aside["reason"]) == [reason]

    def test_a_figure_published_before_its_year_stays_aside(self, catalogue: Catalogue) -> None:
        key = ("gdp_100m_yuan", "110000", 2020, 2019, "x")
        _, aside = resolved(
            catalogue,
            cell(value_printed="x", edition_printed="2019"),
            releases=FileReleases(corrections={key: 2}),
        )
        assert list(aside["reason"]) == ["unreadable_value"]

    def test_of_differing_figures_the_named_one_lands(self, catalogue: Catalogue) -> None:
        landed, aside = resolved(
            catalogue,
            cell(value_printed="10"),
            cell(value_printed="12"),
            cell(value_printed="10"),
            cell(province_printed="Tianjin"),
            releases=naming("12"),
        )
        assert landed[["value_printed", "value"]].to_numpy().tolist() == [["12", 12.0], ["1", 1.0]]
        assert list(aside["reason"]) == ["duplicate_cell"] * 2
        assert all("names another one" in expected for expected in aside["expected"])

    def test_of_the_same_figure_the_text_that_is_named_lands(self, catalogue: Catalogue) -> None:
        landed, aside = resolved(
            catalogue,
            cell(value_printed="12"),
            cell(value_printed="12.0"),
            releases=naming("12.0"),
        )
        assert list(landed["value_printed"]) == ["12.0"]
        assert list(aside["value_printed"]) == ["12"]

    def test_a_named_text_goes_before_a_figure_in_another_place(self, catalogue: Catalogue) -> None:
        both = cell(value_printed="10"), cell(value_printed="l0")
        landed, _ = resolved(catalogue, *both)
        assert list(landed["value_printed"]) == ["10"]
        landed, aside = resolved(catalogue, *both, releases=naming("l0"))
        assert list(landed["value_printed"]) == ["l0"]
        assert list(aside["reason"]) == ["duplicate_cell"]

    @pytest.mark.parametrize(
        ("texts", "landed_texts", "reason"),
        [
            (["l0", "l0"], [], "unreadable_value"),
            (["l0", "l0", "10"], ["10"], "unreadable_value"),
            (["l0", "11", "l0", "12"], [], "unreadable_value"),
        ],
    )
    def test_a_row_that_names_two_cells_releases_none_and_says_so(
        self, catalogue: Catalogue, texts: list[str], landed_texts: list[str], reason: str
    ) -> None:
        landed, aside = resolved(
            catalogue, *(cell(value_printed=text) for text in texts), releases=naming("l0", row=7)
        )
        assert list(landed["value_printed"]) == landed_texts
        told = aside[aside["value_printed"] == "l0"]
        assert list(told["reason"]) == [reason] * 2
        assert (
            told["expected"]
            .str.endswith(
                "row 7 of corrections.csv names 2 cells of this file, so it releases none"
            )
            .all()
        )

    def test_a_contest_in_which_two_are_named_stays_one(self, catalogue: Catalogue) -> None:
        landed, aside = resolved(
            catalogue,
            *(cell(value_printed=text) for text in ("12", "10", "12")),
            releases=naming("12"),
        )
        assert landed.empty
        told = aside["expected"].str.contains("names 2 cells of this file")
        assert dict(zip(aside["value_printed"], told, strict=True)) == {"12": True, "10": False}

    def test_one_figure_printed_twice_still_lands_once(self, catalogue: Catalogue) -> None:
        landed, aside = resolved(catalogue, cell(), cell(), releases=naming("1"))
        assert list(landed["value"]) == [1.0]
        assert list(aside["expected"]) == ["each figure once; the same figure further up is kept"]

    def test_a_mark_may_be_corrected_too(self, catalogue: Catalogue) -> None:
        landed, _ = resolved(
            catalogue, cell(value_printed="…"), cell(value_printed="10"), releases=naming("…")
        )
        assert list(landed["mark"]) == ["not_available"]
