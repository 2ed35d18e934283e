"""The documentation says what is there: links, commands, paths, names and the data dictionary."""

import re
import runpy
from pathlib import Path

import duckdb
import pytest
import typer

from command import app
from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.intake import land

ROOT = Path(__file__).resolve().parents[2]
DBT = ROOT / "dbt"
REFERENCE_SEEDS = DBT / "seeds" / "reference"
DICTIONARY = ROOT / "docs" / "data-dictionary.md"
GENERATOR = runpy.run_path(str(ROOT / "docs" / "build_data_dictionary.py"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PYTHON = ("ami", "analysis", "command", "dagster_project", "demo", "expectations", "yearbooks")
FOLDERS = ("dbt", "docs", "benchmarks", *PYTHON)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, formed as GitHub forms them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code(page: Path) -> str:
    """What the page sets as code: blocks between fences, and spans between backticks."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`]+)`", text)])


@each_page
def test_every_relative_link_resolves(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


@each_page
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"^make (?:[A-Z]+=\S+ )?([\w-]+)", code(page), re.MULTILINE)
    assert set(named) <= targets


def ami_lines(page: Path) -> list[list[str]]:
    """The words behind `ami` in each line of code that calls it, comments apart."""
    lines = re.findall(r"^(?:[A-Z_]+=\S+ )*(?:\S+/)?ami ([a-z-].*)$", code(page), re.MULTILINE)
    return [line.split("#")[0].split() for line in lines]


def ami_commands() -> dict[str, set[str]]:
    """The options of each command, and of `command subcommand`."""
    found = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", {})
        for called, each in {
            name: command,
            **{f"{name} {sub}": below[sub] for sub in below},
        }.items():
            found[called] = {option for one in each.params for option in one.opts} | {"--help"}
    return found


@each_page
def test_every_ami_command_and_option_exists(page: Path) -> None:
    commands = ami_commands()
    for words in ami_lines(page):
        if words[0] == "--help":
            continue
        called = " ".join(words[:2]) if " ".join(words[:2]) in commands else words[0]
        assert called in commands, words
        assert {word for word in words if word.startswith("-")} <= commands[called], words


def test_every_ami_command_is_shown_somewhere_and_with_options() -> None:
    lines = [words for page in PAGES for words in ami_lines(page)]
    shown = {" ".join(words[:length]) for words in lines for length in (1, 2)}
    assert {*ami_commands()} <= shown
    options = {word for words in lines for word in words if word.startswith("--")}
    assert len(options - {"--help"}) > 20


@each_page
def test_every_path_exists(page: Path) -> None:
    path = re.compile(rf"(?<![\w/.])(?:{'|'.join(FOLDERS)}|tests)/[\w/.-]*")
    # What a run makes is not in the repository.
    made = ("dbt/target", "dbt/logs", "dbt/ami_")
    for name in path.findall(code(page)):
        assert name.startswith(made) or (ROOT / name).exists(), f"{page.name}: {name}"


@each_page
def test_every_model_exists(page: Path) -> None:
    models = {path.stem for path in DBT.glob("models/**/*.sql")}
    named = re.findall(
        r"\b(?:stg_[a-z]+__[a-z_]+|int_[a-z]+__[a-z_]+|fct_[a-z_]+|dim_[a-z]+)\b", code(page)
    )
    assert set(named) <= models


@each_page
def test_every_environment_variable_is_read_somewhere(page: Path) -> None:
    sources = [
        *(path for folder in PYTHON for path in ROOT.glob(f"{folder}/**/*.py")),
        DBT / "profiles.yml",
        *ROOT.glob("tests/**/*.py"),
    ]
    read = {
        name
        for source in sources
        for name in re.findall(r'["\'](AMI_[A-Z_]+)["\']', source.read_text(encoding="utf-8"))
    }
    assert set(re.findall(r"\bAMI_[A-Z_]+\b", code(page))) <= read


def test_every_reason_to_set_aside_is_explained() -> None:
    given = {
        reason
        for module in ROOT.glob("yearbooks/**/*.py")
        for reason in re.findall(r'Fault\(\s*"([a-z_0-9]+)"', module.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    section = page.partition("## What is set aside")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == given


def test_every_macro_of_a_formula_is_in_the_methods() -> None:
    formulas = {
        macro
        for name in ("index", "agglomeration")
        for macro in re.findall(
            r"macro (\w+)\(", (DBT / "macros" / f"{name}.sql").read_text(encoding="utf-8")
        )
    }
    page = (ROOT / "docs" / "methods" / "README.md").read_text(encoding="utf-8")
    assert {macro for macro in formulas if f"`{macro}`" not in page} == set()


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    written = sorted(path.name for path in folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"\]\(([0-9]{4}-[^)]+)\)", index))) == written
    assert [name[:4] for name in written] == [f"{n:04}" for n in range(1, len(written) + 1)]


def test_the_data_dictionary_is_current() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == GENERATOR["render"](), (
        "the dbt YAML has changed: run `python docs/build_data_dictionary.py`"
    )


def test_every_result_is_an_exposure() -> None:
    builder = ROOT / "docs" / "build_exposures.py"
    current = runpy.run_path(str(builder))["render"]()
    assert (DBT / "models" / "exposures.yml").read_text(encoding="utf-8") == current, (
        "what is declared of the results has changed: run `python docs/build_exposures.py`"
    )


def test_every_model_and_seed_is_in_the_data_dictionary() -> None:
    files = [*DBT.glob("models/**/*.sql"), *DBT.glob("seeds/**/*.csv")]
    described = {(table.layer, table.name) for table in GENERATOR["tables"]()}
    assert {(path.relative_to(DBT).parts[1], path.stem) for path in files} - described == set()


def test_every_table_has_a_grain_and_every_column_a_description() -> None:
    for table in GENERATOR["tables"]():
        assert table.description and table.grain, f"{table.layer}.{table.name}"
        assert table.columns, f"{table.layer}.{table.name}"
        for name, _, description in table.columns:
            assert description, f"{table.layer}.{table.name}.{name}"


def test_the_examples_of_files_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```csv\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for number, example in enumerate(examples):
        (tmp_path / f"{number}.csv").write_text(example, encoding="utf-8")
    with duckdb.connect() as connection:
        catalogue = Catalogue.load(REFERENCE_SEEDS)
        releases = Releases.load(REFERENCE_SEEDS, catalogue)
        report = land(tmp_path, "mine", connection, catalogue, releases)
    assert [file.reader for file in report.files] == ["yearbook_table", "nbs_export", "tidy"]
    assert report.cells_landed == report.cells_read == 9
