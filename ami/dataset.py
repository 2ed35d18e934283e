"""Where the files of a dataset live, and nothing else: paths, no data.

A dataset is one collection of yearbooks that is never mixed with another. `demo` reads the
synthetic yearbooks shipped as dbt seeds; any other name reads the inbox it is given.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ami import atomic
from yearbooks.errors import CatalogueError
from yearbooks.observed_units import PROVINCES, UNITS_FILE, ObservedUnits

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt"
SEEDS = DBT_PROJECT_DIR / "seeds"
# By which dbt is told of a folder of seeds in the place of these.
SEEDS_VARIABLE = "AMI_SEEDS"
REFERENCE_SEEDS = SEEDS / "reference"
DEMO_YEARBOOKS = SEEDS / "yearbooks"

DEMO = "demo"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# What var `edition_policy` of dbt may be, the default first.
EDITION_POLICIES = ("latest", "first_published")


class DatasetError(ValueError):
    """A dataset name or inbox that cannot be used, said in words for the person who typed it."""


@dataclass(frozen=True)
class Dataset:
    """The folders of one dataset below `home`, and which edition of a figure counts in it.

    Raises `DatasetError` for a name that is not lower-case letters, digits and underscores
    starting with a letter, since it becomes a folder and part of file names, and for an unknown
    `edition_policy`.
    """

    name: str
    inbox: Path
    home: Path
    edition_policy: str = EDITION_POLICIES[0]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise DatasetError(
                f"'{self.name}' cannot name a dataset: use lower-case letters, digits and "
                "underscores, starting with a letter, at most 40 characters"
            )
        if self.edition_policy not in EDITION_POLICIES:
            raise DatasetError(
                f"'{self.edition_policy}' is not an edition policy; expected one of: "
                + ", ".join(EDITION_POLICIES)
            )

    @property
    def is_demo(self) -> bool:
        """Whether it is the demo of the paper's provinces, which has no inbox."""
        return self.name == DEMO

    @property
    def synthetic(self) -> bool:
        return self.is_demo or self.units.synthetic

    @property
    def own_reference(self) -> Path:
        """What the user says of the dataset, beside the inbox; most have none."""
        return self.inbox.parent / "reference"

    @property
    def own_seeds(self) -> Path:
        """The project's seeds with those of `own_reference`, as the last refresh joined them."""
        return self.folder / "seeds"

    @property
    def seeds(self) -> Path:
        """What dbt reads as its seeds."""
        return self.own_seeds if self.own_seeds.is_dir() else SEEDS

    @property
    def reference(self) -> Path:
        """The reference files in force: the same for dbt and for Python."""
        return self.seeds / "reference"

    @property
    def kept_reference(self) -> Path:
        """`own_reference` as the last refresh found it, for backups and while it is not at hand."""
        return self.folder / "reference"

    @property
    def units(self) -> ObservedUnits:
        """What is observed, as the last refresh found it; before the first, as the user says it.

        A file that is not understood stops the refresh that reads it, not who looks at another one.
        """
        if not self.is_demo:
            for folder in (self.kept_reference, self.own_reference):
                with suppress(CatalogueError):
                    if (path := folder / UNITS_FILE).is_file():
                        return ObservedUnits.read(path)
        return PROVINCES

    @property
    def dbt_vars(self) -> dict[str, str]:
        """Only what is not the default: dbt reparses the whole project whenever its vars differ."""
        chosen = {} if self.is_demo else {"dataset": self.name}
        if self.units.national_code != PROVINCES.national_code:
            chosen["national_code"] = self.units.national_code
        if self.edition_policy != EDITION_POLICIES[0]:
            chosen["edition_policy"] = self.edition_policy
        return chosen

    @property
    def options(self) -> dict[str, str]:
        """The readings of the paper it is built with: its own, or those of dbt_project.yml."""
        chosen = project_vars() | self.dbt_vars
        return {name: chosen[name] for name in chosen["allowed_values"]}

    @property
    def folder(self) -> Path:
        return self.home / "warehouse" / self.name

    @property
    def inbox_file(self) -> Path:
        """Remembers where the yearbook files are; the demo has none."""
        return self.folder / "inbox.txt"

    @property
    def build_database(self) -> Path:
        """Where a refresh works. May hold a refresh that failed half way."""
        return self.folder / "build.duckdb"

    @property
    def database(self) -> Path:
        """The last good warehouse: a copy made when a refresh passed every gate."""
        return self.folder / "warehouse.duckdb"

    def to_read(self, *, build: bool = False) -> Path:
        """The last good warehouse, or, for `build`, what the last refresh built, good or not.

        Raises `DatasetError` where there is none, or while a refresh writes to it.
        """
        database = self.build_database if build else self.database
        if not database.is_file():
            what = "build" if build else "warehouse"
            raise DatasetError(
                f"dataset '{self.name}' has no {what} yet: "
                f"start with ami refresh --dataset {self.name}"
            )
        if build and self.in_use:
            raise DatasetError(
                f"a refresh of dataset '{self.name}' is writing to its build: wait for it to end"
            )
        return database

    @property
    def landed_database(self) -> Path:
        """What `ami land` makes for dbt run by hand; no refresh reads it, and it is in no backup.

        Beside profiles.yml, which names it: dbt opens a file only in a folder that is there.
        """
        return DBT_PROJECT_DIR / f"ami_{self.name}.duckdb"

    @property
    def build_results(self) -> Path:
        return self.folder / "results"

    @property
    def results(self) -> Path:
        """The last good results, published right after `database`."""
        return self.home / "results" / self.name

    @property
    def receipt(self) -> Path:
        """What the last refresh was made from and published; see `ami.receipt`."""
        return self.folder / "receipt.json"

    @property
    def log(self) -> Path:
        """What dbt and Dagster said during the last refresh."""
        return self.folder / "refresh.log"

    @property
    def daemon_log(self) -> Path:
        """What the UI and the daemon have said since they were started."""
        return self.folder / "daemon.log"

    @property
    def lock(self) -> FileLock:
        """Held by whoever writes to the dataset; the same process may take it again."""
        return FileLock(
            self.folder / "refresh.lock", timeout=0, is_singleton=True, thread_local=False
        )

    @property
    def in_use(self) -> bool:
        """Whether someone, in this process or another, holds the lock at this moment."""
        try:
            with FileLock(self.folder / "refresh.lock", timeout=0):
                return False
        except Timeout:
            return True

    @property
    def published(self) -> tuple[Path, Path]:
        """What readers see of the last good refresh; swapped together."""
        return self.database, self.results

    @property
    def journal(self) -> Path:
        """There from the moment a publication is decided to the moment all of it is in place."""
        return self.folder / "publishing.json"

    @property
    def publishing(self) -> FileLock:
        """Held while what readers see is replaced, or copied as one; waited for, it is short."""
        return FileLock(self.folder / "publish.lock")

    def finish_publication(self) -> None:
        """End a publication that was decided, throw away what of another one was only prepared."""
        with self.publishing:
            atomic.recover(self.journal)
            atomic.discard((*self.published, self.journal))

    @property
    def dagster_home(self) -> Path:
        """Runs, events and check history of this dataset alone."""
        return self.folder / "dagster"


def project_vars() -> dict[str, Any]:
    """The readings chosen in dbt_project.yml, the one place for them."""
    import yaml

    text = (DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["vars"]


def ami_home() -> Path:
    """The folder that holds every dataset: AMI_HOME, by default the project folder."""
    return Path(os.environ.get("AMI_HOME", PROJECT_ROOT)).resolve()


def find_dataset(name: str = DEMO, inbox: Path | None = None, edition_policy: str = "") -> Dataset:
    """The dataset `name`, living below AMI_HOME (default: the project folder).

    The demo always reads its own seeds. Another dataset remembers the inbox of its last refresh
    (see `remember_inbox`), so that `inbox` is needed the first time only. So does every dataset
    its `edition_policy`.

    Raises `DatasetError` when the demo is given an inbox or another dataset has none.
    """
    home = ami_home()
    policy = edition_policy or _remembered_policy(Dataset(name, Path(), home))
    if name == DEMO:
        if inbox is not None:
            raise DatasetError(
                "the demo reads its own synthetic yearbooks; give your files a dataset of their "
                "own, for example: ami refresh --dataset mine --inbox FOLDER"
            )
        return Dataset(DEMO, DEMO_YEARBOOKS, home, policy)
    if inbox is not None:
        if not inbox.is_dir():
            raise DatasetError(f"the inbox {inbox} is not a folder")
        return Dataset(name, inbox.resolve(), home, policy)
    remembered = Dataset(name, Path(), home).inbox_file
    folder = remembered.read_text(encoding="utf-8").strip() if remembered.is_file() else ""
    if not folder:
        raise DatasetError(
            f"dataset '{name}' has no inbox yet: name the folder with its yearbook files, "
            f"for example: ami refresh --dataset {name} --inbox FOLDER"
        )
    return Dataset(name, Path(folder), home, policy)


def remember_inbox(dataset: Dataset) -> None:
    """Note where the yearbook files of `dataset` are, for the refreshes to come."""
    if not dataset.is_demo:
        atomic.write_text(dataset.inbox_file, f"{dataset.inbox}\n")


def remember_edition_policy(dataset: Dataset) -> None:
    """Note which edition counts in `dataset`, for the refreshes to come."""
    atomic.write_text(_policy_file(dataset), f"{dataset.edition_policy}\n")


def has_inbox(dataset: Dataset) -> bool:
    """Whether a later refresh will know where to read."""
    return dataset.is_demo or dataset.inbox_file.is_file()


def known_datasets() -> list[Dataset]:
    """Every dataset that was refreshed or watched, or tried to be, in the order of their names."""
    home = ami_home()
    logs = [*home.glob("warehouse/*/refresh.log"), *home.glob("warehouse/*/daemon.log")]
    names = {log.parent.name for log in logs if NAME.fullmatch(log.parent.name)}
    return [find_dataset(name) for name in sorted(names)]


def _policy_file(dataset: Dataset) -> Path:
    return dataset.folder / "edition_policy.txt"


def _remembered_policy(dataset: Dataset) -> str:
    file = _policy_file(dataset)
    return file.read_text(encoding="utf-8").strip() if file.is_file() else EDITION_POLICIES[0]
