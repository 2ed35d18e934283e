"""The reference files of a dataset: those of the project, with what the dataset brings of its own.

A folder `reference/` beside an inbox holds rows of the user, where no upgrade of the project meets
them. A file there has the name and columns of a seed of `dbt/seeds/reference/` and adds rows to it;
one of `UNIT_FILES`, with `units.yml`, takes its place. Both are joined once, when a refresh begins,
into the seeds of the dataset, which dbt and Python read alike. What the rows mean is said there.
"""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ami import atomic
from ami.dataset import REFERENCE_SEEDS, SEEDS, Dataset
from yearbooks.errors import CatalogueError
from yearbooks.labels import match_key
from yearbooks.observed_units import OF_CITIES, OF_OTHERS, OF_PROVINCES, UNITS_FILE, ObservedUnits
from yearbooks.reference import CITY, NATIONAL, REGION, Rows, reference_rows

# What says which units there are; the last two may be absent: no borders, no tiles.
UNIT_FILES = (
    *("provinces", "province_names", "province_capitals"),
    *("province_borders", "province_tiles", "province_outlines"),
)
_MAY_BE_ABSENT = {"province_borders", "province_tiles", "province_outlines"}
OUTLINES_FILE = "units.geojson"
# As much as a field of a CSV file may hold for those who read it.
_LONGEST_OUTLINE = 131_072
# The regions of Table 6.
_REGIONS = ("east", "central", "west", "northeast")
_AREAS = ("Polygon", "MultiPolygon")
# Of a rule for the same subject the row of the dataset holds.
_LIMIT = ("synthetic", "rule", "subject")
# Of the paper nothing is compared with other units; what it names stays.
_PAPERS_FIGURES = {
    "published_descriptives": ("obs", "mean", "sd", "min", "max"),
    "published_indicators": ("overall_weight", "individual_weight"),
}
# Whether a database holds figures of the units.
_LEVELS = {True: OF_PROVINCES, False: OF_OTHERS}

Row = dict[str, str]


def is_own(folder: Path) -> bool:
    """Whether a folder is one of a dataset: it holds units, or a file named as a seed."""
    names = {path.stem for path in folder.glob("*.csv")}
    return (folder / UNITS_FILE).is_file() or any(map(_is_seed, names))


def files(dataset: Dataset) -> list[Path]:
    """The files that the dataset brings; none where it has no reference of its own."""
    folder = dataset.own_reference
    if dataset.is_demo or not is_own(folder):
        return []
    return sorted(path for path in folder.iterdir() if path.is_file())


def assemble(dataset: Dataset) -> None:
    """Join the project's reference files with the dataset's into `dataset.seeds`.

    Nothing is written for a dataset that brings none. Raises `CatalogueError`, naming the file,
    for one that is no seed, a column that is missing, units without their files, units whose codes
    or national code are not those of their names, and where all of them are gone.
    """
    target = dataset.own_seeds
    brought = files(dataset)
    if not brought:
        if dataset.kept_reference.is_dir():
            raise CatalogueError(
                f"{dataset.own_reference}: the reference files of dataset '{dataset.name}' are no "
                f"longer there, without which its figures are not what they were; copy them back "
                f"from {dataset.kept_reference}, or remove that folder to go on without them"
            )
        atomic.remove(target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    new = atomic.staged(target)
    atomic.remove(new)
    _write(dataset.own_reference, new)
    atomic.remove(target)
    atomic.put(new, target)
    if dataset.kept_reference.resolve() == dataset.own_reference.resolve():
        return  # A restore without its inbox has put both into the dataset's folder.
    atomic.remove(dataset.kept_reference)
    dataset.kept_reference.mkdir()
    for path in brought:
        shutil.copyfile(path, dataset.kept_reference / path.name)


@contextmanager
def as_now(dataset: Dataset) -> Iterator[Path]:
    """The reference files as a refresh would have them now, for who looks before one.

    Raises as `assemble`; what the last refresh has stays.
    """
    if not files(dataset):
        yield dataset.reference
        return
    with TemporaryDirectory() as folder:
        _write(dataset.own_reference, Path(folder))
        yield Path(folder, "reference")


def _write(own: Path, target: Path) -> None:
    for path, text in _joined(own):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")


def _joined(own: Path) -> Iterator[tuple[Path, str]]:
    """Each file of the seeds below their folder, with its text; `own` are those of the dataset."""
    brought = {path.stem: path for path in own.glob("*.csv")}
    for path in brought.values():
        if not _is_seed(path.stem):
            raise CatalogueError(
                f"{path}: no reference file has this name; expected one of "
                f"{', '.join(sorted(seed.stem for seed in REFERENCE_SEEDS.glob('*.csv')))}"
            )
    units = None
    if (own / UNITS_FILE).is_file():
        units = ObservedUnits.read(own / UNITS_FILE)
        _check_units(own, units)
    elif given := [name for name in UNIT_FILES if name in brought and name != "province_names"]:
        raise CatalogueError(
            f"{brought[given[0]]}: units of a dataset need a file {UNITS_FILE} beside them, which "
            "says how they are called"
        )
    for seed in sorted([*SEEDS.glob("paper/*.csv"), *REFERENCE_SEEDS.glob("*.csv")]):
        folder, relative = seed.parent.name, seed.relative_to(SEEDS)
        columns, rows = _table(seed)
        if units:
            rows = _of_units(seed, rows, units)
        if units and seed.stem == "province_outlines":
            rows = _outlines(own / OUTLINES_FILE)
        if folder == "reference" and seed.stem in brought:
            added = [row for _, row in reference_rows(brought[seed.stem], *columns)]
            rows = _with(seed.stem, rows, added)
        yield relative, _text(columns, rows)


def _is_seed(name: str) -> bool:
    return (REFERENCE_SEEDS / f"{name}.csv").is_file()


def _table(path: Path) -> tuple[list[str], list[Row]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or ()), list(reader)


def _text(columns: list[str], rows: list[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _with(name: str, rows: list[Row], added: list[Row]) -> list[Row]:
    """The rows of the project with those of the dataset."""
    if name == "limits":
        replaced = {tuple(row[column] for column in _LIMIT) for row in added}
        rows = [row for row in rows if tuple(row[column] for column in _LIMIT) not in replaced]
    return rows + added


def _of_units(seed: Path, rows: list[Row], units: ObservedUnits) -> list[Row]:
    """What of a file of the project is true of other units: no row of a province, no print."""
    if seed.parent.name == "paper":
        figures = _PAPERS_FIGURES.get(seed.stem)
        return [row | dict.fromkeys(figures, "") for row in rows] if figures else []
    if seed.stem in UNIT_FILES:
        return []
    if seed.stem == "observed_units":
        return [units.row]
    if seed.stem == "databases":
        # A database of the units' level has figures of them; one of provinces has others.
        return [row | {"level": _LEVELS[row["level"] == units.level]} for row in rows]
    if seed.stem == "neutral_headings":
        names = (units.singular, units.plural, units.singular_zh, units.plural_zh)
        known = {match_key(row["heading"]) for row in rows}
        of_units = [
            {"heading": name, "role": REGION, "note": f"{UNITS_FILE}: heads the column of units"}
            for name in names
            if match_key(name) not in known
        ]
        # Where the units are cities, what heads a column of cities heads theirs.
        heads = {CITY: REGION} if units.level == OF_CITIES else {}
        return [row | {"role": heads.get(row["role"], row["role"])} for row in rows] + of_units
    return [row for row in rows if not row.get("province_code")]


def _check_cells(folder: Path, tables: Mapping[str, Rows]) -> None:
    """What must stand in a column of units, each cell by itself."""
    for name, column, is_right, expected in (
        ("provinces", "province_code", _is_code, "six digits"),
        ("provinces", "province", str.strip, "an English name"),
        ("provinces", "region", _REGIONS.__contains__, f"one of {', '.join(_REGIONS)}"),
        ("provinces", "has_national_cluster", ("true", "false").__contains__, "true or false"),
        ("province_capitals", "latitude", _within(90), "degrees north, -90 to 90"),
        ("province_capitals", "longitude", _within(180), "degrees east, -180 to 180"),
    ):
        for line, row in tables[name]:
            if not is_right(row[column]):
                raise CatalogueError(
                    f"{folder / name}.csv, row {line}, column {column}: {row[column]!r}, expected "
                    f"{expected}"
                )


def _is_code(text: str) -> bool:
    return re.fullmatch("[0-9]{6}", text) is not None


def _within(most: float) -> Callable[[str], bool]:
    def is_within(text: str) -> bool:
        return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) is not None and abs(float(text)) <= most

    return is_within


def _outlines(path: Path) -> list[Row]:
    """The rows of seed `province_outlines` that a GeoJSON file has; none where there is none."""
    if not path.is_file():
        return []
    expected = (
        f"{path}: expected a GeoJSON FeatureCollection of polygons in degrees, each with a "
        "property province_code"
    )
    try:
        features = json.loads(path.read_text(encoding="utf-8-sig"))["features"]
        found = [(str(each["properties"]["province_code"]), each["geometry"]) for each in features]
    except (ValueError, KeyError, TypeError):
        raise CatalogueError(expected) from None
    rows = []
    for code, geometry in found:
        if not isinstance(geometry, dict) or geometry.get("type") not in _AREAS:
            raise CatalogueError(f"{expected}; that of {code} is none")
        outline = json.dumps(geometry, separators=(",", ":"))
        if len(outline) > _LONGEST_OUTLINE:
            raise CatalogueError(
                f"{path}: the outline of {code} has {len(outline):,} characters, expected at most "
                f"{_LONGEST_OUTLINE:,}; simplify it"
            )
        rows.append({"province_code": code, "outline": outline})
    return rows


def _check_units(folder: Path, units: ObservedUnits) -> None:
    tables = {}
    for name in UNIT_FILES:
        path = folder / f"{name}.csv"
        if path.is_file() or name not in _MAY_BE_ABSENT:
            tables[name] = reference_rows(path, *_table(REFERENCE_SEEDS / path.name)[0])
    _check_cells(folder, tables)
    codes = {row["province_code"] for _, row in tables["provinces"]}
    if len(codes) < len(tables["provinces"]):
        raise CatalogueError(f"{folder / 'provinces.csv'}: expected each province_code once")
    for name, column in (
        ("province_capitals", "province_code"),
        ("province_tiles", "province_code"),
    ):
        if name in tables and codes != {row[column] for _, row in tables[name]}:
            raise CatalogueError(
                f"{folder / name}.csv: expected one row for each {units.singular} of "
                "provinces.csv, and no other"
            )
    for line, row in tables["province_names"]:
        code, is_nation = row["province_code"], row["kind"] == NATIONAL
        if is_nation and code != units.national_code:
            expected = f"{units.national_code}, the national_code of {UNITS_FILE}"
        elif row["kind"] == "province" and code not in codes:
            expected = "a code of provinces.csv"
        else:
            continue
        raise CatalogueError(
            f"{folder}/province_names.csv, row {line}, column province_code: {code!r}, expected "
            + expected
        )
