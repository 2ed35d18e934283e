"""The report of a dataset of other units: in their words, and without the paper's print."""

import re
from dataclasses import replace

import pytest
from report_frames import demo

from analysis.report import frames
from analysis.report.page import render
from yearbooks.observed_units import ObservedUnits

COUNTIES = ObservedUnits("county", "counties", "县", "各县", "990000", "other", synthetic=True)


@pytest.fixture(scope="module")
def page() -> str:
    inputs = demo()
    blank = {
        frames.WEIGHTS: ["published_overall_weight", "published_individual_weight"],
        frames.DESCRIPTIVES: [f"published_{name}" for name in ("obs", "mean", "sd", "min", "max")],
    }
    empty = (
        *(frames.PUBLISHED_ESTIMATES, frames.PUBLISHED_TEXT, frames.PRINT_AUDIT),
        *(frames.TILES, frames.OUTLINES),
    )
    tables = {name: inputs[name].head(0) for name in empty}
    tables |= {
        name: inputs[name].assign(**dict.fromkeys(columns, float("nan")))
        for name, columns in blank.items()
    }
    estimates = inputs[frames.ESTIMATES]
    tables[frames.ESTIMATES] = estimates.assign(published_estimate=float("nan"))
    return render(replace(inputs, units=COUNTIES, frames={**inputs.frames, **tables}))


def texts(page: str) -> str:
    """What a person reads: without style sheets and tags, but with the words of pictures."""
    body = page[page.index("<body") :]
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', body))
    return f"{labels} {re.sub(r'<[^>]+>', ' ', body)}"


def test_the_page_speaks_of_the_units_and_never_of_provinces(page: str) -> None:
    read = texts(page)
    assert "of China’s counties" in read and "county-years" in read
    left = {
        read[max(0, found.start() - 40) : found.end() + 20]
        for found in re.finditer(r"\bprovinc(?:es?|ial)\b", read, re.IGNORECASE)
    }
    # What was printed in a file, and the marks of files, stay as they are.
    assert {each for each in left if "province_names.csv" not in each} == set()


def test_nothing_is_compared_with_the_paper(page: str) -> None:
    assert 'id="print-audit' not in page
    for table in re.findall(r"<thead.*?</thead>", page, re.DOTALL):
        assert not re.search(r">\s*[Pp]aper\s*<", table), table
    read = texts(page)
    for words in ("here paper", "The paper says", "the paper (?:names|prints none|states)", "nan"):
        assert not re.search(rf"\b{words}\b", read), words


def test_without_tiles_and_outlines_there_is_no_map(page: str) -> None:
    assert 'id="index-map-figure"' not in page and 'id="cluster-map-ami"' not in page
    assert "there is no map, for neither tiles nor outlines of the counties are known" in page


def test_it_is_synthetic_and_says_so(page: str) -> None:
    assert "SYNTHETIC" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Provinces", "Counties"),
        ("of a province’s provincial sums", "of a county’s county sums"),
        (
            "province_code of eps_provincial_series.csv",
            "province_code of eps_provincial_series.csv",
        ),
        ("interprovincial", "interprovincial"),
    ],
)
def test_words_alone_change(text: str, said: str) -> None:
    assert COUNTIES.worded(text) == said
