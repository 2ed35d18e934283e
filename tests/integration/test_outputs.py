"""The files that a refresh leaves, opened by the programs that they are made for.

Skips, saying so, what is not installed.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from ami.dataset import PROJECT_ROOT

TABLES = range(2, 12)


@pytest.fixture(scope="module")
def results(demo_home: Path) -> Path:
    return demo_home / "results" / "demo"


class TestLatex:
    # No text on A4 is narrower than that of LaTeX's article with the margins it comes with.
    @pytest.mark.parametrize("margins", [r"\usepackage[margin=2cm]{geometry}", ""])
    def test_every_table_compiles_and_fits_the_page(
        self, results: Path, tmp_path: Path, margins: str
    ) -> None:
        if not shutil.which("pdflatex"):
            pytest.skip("no pdflatex on the path: no table was compiled")
        for file in results.glob("table*.tex"):
            shutil.copy(file, tmp_path)
        document = (tmp_path / "tables.tex").read_text(encoding="utf-8")
        assert all(rf"\input{{table_{n}}}" in document for n in TABLES)
        path = tmp_path / "document.tex"
        path.write_text(document.replace(r"\usepackage[margin=2cm]{geometry}", margins))
        log = ""
        for _ in range(4):
            answer = subprocess.run(
                ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", path.name],
                cwd=tmp_path, capture_output=True, stdin=subprocess.DEVNULL, timeout=120,
            )  # fmt: skip
            assert answer.returncode == 0, answer.stdout.decode(errors="replace")[-800:]
            # A warning is broken over lines of 79 characters.
            log = path.with_suffix(".log").read_text(encoding="latin-1")
            if "Rerun" not in log:
                break
        assert re.findall(r"^.*(?:Overfull|Underfull|Warning).*$", log, re.MULTILINE) == []


class TestStata:
    @pytest.mark.parametrize("name", ["panel", "index", "estimates"])
    def test_a_table_is_the_one_of_parquet_with_words_for_every_variable(
        self, results: Path, name: str
    ) -> None:
        with pd.io.stata.StataReader(results / f"{name}.dta") as reader:
            read, labels, said = reader.read(), reader.variable_labels(), reader.data_label
        parquet = pd.read_parquet(results / f"{name}.parquet")

        assert said.startswith("SYNTHETIC")
        assert all(len(words) > 5 for words in labels.values())
        assert list(labels) == list(read.columns) == list(parquet.columns)
        for column in read:
            expected = parquet[column]
            if expected.dtype.kind in "biuf":
                assert (read[column].astype(float) == expected.astype(float)).equals(
                    expected.notna()
                ), column
            else:
                assert (read[column] == expected.fillna("")).all(), column


class TestExcel:
    def test_every_csv_begins_with_the_mark_that_excel_needs(self, results: Path) -> None:
        paths = list(results.glob("*.csv"))
        assert len(paths) > 25
        assert all(path.read_bytes()[:3] == b"\xef\xbb\xbf" for path in paths)
        assert all(path.read_bytes()[3:6] != b"\xef\xbb\xbf" for path in paths)

    def test_the_panel_names_provinces_in_chinese(self, results: Path) -> None:
        panel = pd.read_csv(results / "panel.csv", dtype={"province_code": str})
        names = panel.set_index("province_code")["province_zh"]
        assert set(names["110000"]) == {"北京"} and names.nunique() == 31


class TestR:
    def test_the_example_finds_our_coefficients_and_clustered_errors(self, results: Path) -> None:
        if not shutil.which("Rscript"):
            pytest.skip("no Rscript on the path: the example in R was not run")
        answer = subprocess.run(
            ["Rscript", PROJECT_ROOT / "examples" / "table_4.R", results],
            env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.startswith("SYNTHETIC")
        assert "589 province-years, 31 provinces" in answer.stdout
        rows = pd.read_csv(results / "estimates.csv", dtype={"table": str, "column": str})
        (ours,) = rows[(rows[["table", "column", "term"]] == ["4", "1", "coagglo"]).all(axis=1)][
            "estimate"
        ]
        found = re.search(r"^coagglo +(\S+)", answer.stdout, re.MULTILINE)
        assert found and float(found[1]) == pytest.approx(ours, abs=1e-8)
