"""A dataset's own reference files, joined with the project's: what holds, and what is refused."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from ami import own_reference, receipt
from ami.dataset import REFERENCE_SEEDS, SEEDS, Dataset
from ami.landing import land_for_dbt
from ami.warehouse import WarehouseError
from demo.generate import REFERENCE
from demo.prefectures import prefectures, provinces_frame, write_reference
from yearbooks.catalogue import Catalogue
from yearbooks.errors import CatalogueError
from yearbooks.observed_units import PROVINCES

LIMITS = "synthetic,rule,subject,low,high,reason\n"
ALIASES = "alias,item_code,note\n"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset("mine", tmp_path / "inbox", tmp_path / "home")
    made.folder.mkdir(parents=True)
    made.own_reference.mkdir()
    return made


@pytest.fixture
def of_prefectures(dataset: Dataset) -> Dataset:
    places = prefectures()
    write_reference(dataset.own_reference, places, provinces_frame(places, REFERENCE))
    return dataset


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_dataset_without_any_has_the_project_s(dataset: Dataset) -> None:
    (dataset.own_reference / "notes.txt").write_text("an unrelated folder of this name")
    own_reference.assemble(dataset)
    assert dataset.seeds == SEEDS
    assert dataset.units == PROVINCES
    assert not dataset.kept_reference.exists()


def test_rows_of_the_user_are_added_to_the_common_stock(dataset: Dataset) -> None:
    path = dataset.own_reference / "item_aliases.csv"
    path.write_text(f"{ALIASES}我们的产值,gdp_100m_yuan,\n")
    own_reference.assemble(dataset)
    catalogue = Catalogue.load(dataset.reference)
    found = catalogue.item("我们的产值")
    assert found is not None and found.code == "gdp_100m_yuan"
    assert Catalogue.load(REFERENCE_SEEDS).item("我们的产值") is None
    assert len(rows(dataset.reference, "item_aliases")) == len(
        rows(REFERENCE_SEEDS, "item_aliases")
    ) + 1  # fmt: skip
    assert dataset.units == PROVINCES and not dataset.synthetic
    # The paper is compared with: its provinces are still the units.
    assert rows(dataset.seeds / "paper", "published_estimates")


def test_a_limit_of_the_dataset_takes_the_place_of_the_project_s(dataset: Dataset) -> None:
    first = rows(REFERENCE_SEEDS, "limits")[0]
    path = dataset.own_reference / "limits.csv"
    path.write_text(f"{LIMITS}false,{first['rule']},{first['subject']},-7,,counties differ\n")
    own_reference.assemble(dataset)
    found = rows(dataset.reference, "limits")
    same = [row for row in found if (row["synthetic"], row["rule"], row["subject"])
            == ("false", first["rule"], first["subject"])]  # fmt: skip
    assert [row["low"] for row in same] == ["-7"]
    assert len(found) == len(rows(REFERENCE_SEEDS, "limits"))


def test_units_of_the_dataset_take_the_place_of_the_provinces(of_prefectures: Dataset) -> None:
    own_reference.assemble(of_prefectures)
    folder = of_prefectures.reference
    catalogue = Catalogue.load(folder)
    assert len(catalogue.sample) == len(rows(folder, "provinces")) == 333
    assert catalogue.province("北京") is None
    assert catalogue.observed == of_prefectures.units
    assert of_prefectures.synthetic
    for name in ("province_borders", "province_tiles", "province_outlines", "known_wrong_figures"):
        assert rows(folder, name) == [], name
    assert not any(row["province_code"] for row in rows(folder, "known_outliers"))
    # Nothing of the paper is compared with them, but what it calls its variables stays.
    paper = of_prefectures.seeds / "paper"
    assert rows(paper, "published_estimates") == rows(paper, "print_audit") == []
    descriptives = rows(paper, "published_descriptives")
    assert descriptives and not any(row["mean"] for row in descriptives)


def test_what_the_units_are_called_is_read_anew_when_it_changes(of_prefectures: Dataset) -> None:
    path = of_prefectures.own_reference / "units.yml"
    assert of_prefectures.units is of_prefectures.units
    path.write_text(path.read_text(encoding="utf-8").replace("prefecture", "district"))
    assert of_prefectures.units.plural == "districts"


def test_what_speaks_of_cities_speaks_of_prefectures(of_prefectures: Dataset) -> None:
    own_reference.assemble(of_prefectures)
    own, stock = (Catalogue.load(of_prefectures.reference), Catalogue.load(REFERENCE_SEEDS))
    assert stock.role("城市") == "city" and own.role("城市") == "region"
    assert own.role("prefecture") == own.role("各地级市") == "region"
    levels = {
        level: [name for name, of in stock.databases.items() if of.level == level]
        for level in ("city", "province")
    }
    assert {own.databases[name].level for name in levels["city"]} == {"province"}
    assert {own.databases[name].level for name in levels["province"]} == {"other"}


def test_outlines_are_rows_by_unit(of_prefectures: Dataset) -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}
    feature = {"type": "Feature", "properties": {"province_code": "135000"}, "geometry": square}
    path = of_prefectures.own_reference / own_reference.OUTLINES_FILE
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    own_reference.assemble(of_prefectures)
    (row,) = rows(of_prefectures.reference, "province_outlines")
    assert row["province_code"] == "135000" and json.loads(row["outline"]) == square


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("item_alias.csv", "alias,item_code\n", "no reference file has this name"),
        ("item_aliases.csv", "label,item_code\n", "expected the columns alias"),
        ("provinces.csv", "province_code\n990100\n", "units of a dataset need a file units.yml"),
        ("units.yml", "singular: county\n", "expected the keys singular, plural"),
        ("units.yml", "{", "expected YAML"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(
    dataset: Dataset, name: str, text: str, said: str
) -> None:
    # One that is known, for the folder to be the dataset's.
    (dataset.own_reference / "limits.csv").write_text(LIMITS)
    (dataset.own_reference / name).write_text(text)
    with pytest.raises(CatalogueError, match=said) as refused:
        own_reference.assemble(dataset)
    assert name in str(refused.value)
    assert dataset.seeds == SEEDS


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("units.yml", '"000000"', "0", "national_code: 0, expected a text"),
        ("units.yml", '"000000"', '"86"', "expected six digits"),
        ("units.yml", '"000000"', '"990000"', "expected 990000, the national_code"),
        ("units.yml", "city", "village", "expected one of province, city, other"),
        ("units.yml", "true", "perhaps", "expected true or false"),
        ("provinces.csv", "135000,", "13500,", "row 2, column province_code: '13500'"),
        ("provinces.csv", "135000,", "135100,", "each province_code once"),
        ("provinces.csv", ",east,", ",coast,", "'coast', expected one of east, central"),
        ("province_capitals.csv", "中心,", "中心,N", "column latitude: 'N"),
        ("province_capitals.csv", "135000,", "999900,", "one row for each prefecture"),
        ("province_names.csv", "135000,code,135000", "135000,code,999900", "a code of provinces"),
    ],
)
def test_units_that_contradict_each_other_are_refused(
    of_prefectures: Dataset, name: str, old: str, new: str, said: str
) -> None:
    path = of_prefectures.own_reference / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError, match=said):
        own_reference.assemble(of_prefectures)


@pytest.mark.parametrize(
    "text",
    ["[", "{}", '{"features": [{"properties": {}, "geometry": null}]}',
     '{"features": [{"properties": {"province_code": "135000"}, "geometry": {"type": "Point"}}]}'],
)  # fmt: skip
def test_what_is_no_map_of_areas_is_refused(of_prefectures: Dataset, text: str) -> None:
    (of_prefectures.own_reference / own_reference.OUTLINES_FILE).write_text(text)
    with pytest.raises(CatalogueError, match="expected a GeoJSON FeatureCollection of polygons"):
        own_reference.assemble(of_prefectures)


def test_reference_files_that_are_gone_stop_and_are_kept(of_prefectures: Dataset) -> None:
    own_reference.assemble(of_prefectures)
    moved = of_prefectures.own_reference.rename(of_prefectures.home / "elsewhere")
    # Words and the mark of synthetic data stay with the dataset.
    assert of_prefectures.units.plural == "prefectures" and of_prefectures.synthetic
    with pytest.raises(CatalogueError, match="copy them back"):
        own_reference.assemble(of_prefectures)
    assert len(rows(of_prefectures.reference, "provinces")) == 333
    of_prefectures.kept_reference.rename(of_prefectures.own_reference)
    own_reference.assemble(of_prefectures)
    assert len(list(moved.iterdir())) == len(list(of_prefectures.kept_reference.iterdir()))


def test_what_a_restore_puts_beside_its_copy_of_the_inbox_stays(of_prefectures: Dataset) -> None:
    own_reference.assemble(of_prefectures)
    restored = replace(of_prefectures, inbox=of_prefectures.folder / "inbox")
    assert restored.own_reference == restored.kept_reference
    names = {path.name for path in restored.own_reference.iterdir()}
    own_reference.assemble(restored)
    assert {path.name for path in restored.own_reference.iterdir()} == names
    assert len(rows(restored.reference, "provinces")) == 333


def test_who_looks_before_a_refresh_sees_the_rows_and_changes_nothing(dataset: Dataset) -> None:
    (dataset.own_reference / "item_aliases.csv").write_text(ALIASES + "我们的产值,gdp_100m_yuan,\n")
    with own_reference.as_now(dataset) as folder:
        assert Catalogue.load(folder).item("我们的产值") is not None
    assert dataset.seeds == SEEDS and not dataset.kept_reference.exists()


def test_what_a_refresh_was_made_from_has_each_file_of_the_folder(dataset: Dataset) -> None:
    dataset.inbox.mkdir()
    (dataset.inbox / "figures.csv").write_text("province,year\n")
    path = dataset.own_reference / "item_aliases.csv"
    found = []
    for text in (ALIASES, ALIASES + "我们的产值,gdp_100m_yuan,\n"):
        path.write_text(text)
        receipt.begin(dataset, {})
        noted = receipt.Receipt.read(dataset)
        assert noted is not None
        found.append(noted.made_from["item_aliases.csv of its reference"])
    assert found[0] != found[1]


def test_files_that_a_refresh_reads_are_not_joined_anew_meanwhile(of_prefectures: Dataset) -> None:
    own_reference.assemble(of_prefectures)
    before = {path: path.read_bytes() for path in of_prefectures.reference.iterdir()}
    with (
        FileLock(of_prefectures.folder / "refresh.lock"),
        pytest.raises(WarehouseError, match="Another refresh of dataset 'mine' is running"),
    ):
        land_for_dbt(of_prefectures)
    assert {path: path.read_bytes() for path in of_prefectures.reference.iterdir()} == before
