"""What a run is given: the warehouse of its dataset, dbt, and a process beside its own."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from ami.dataset import DEMO, EDITION_POLICIES, Dataset
from ami.dbt_project import Dbt
from ami.second_process import second_process
from ami.warehouse import Warehouse


class WarehouseResource(dg.ConfigurableResource[Warehouse]):
    """Gives a run the warehouse of a dataset, which is held until the run ends."""

    dataset: str = DEMO
    inbox: str
    home: str
    edition_policy: str = EDITION_POLICIES[0]
    rebase: str = ""
    anew: bool = False

    @classmethod
    def of(cls, dataset: Dataset, rebase: str = "", *, anew: bool = False) -> "WarehouseResource":
        return cls(
            dataset=dataset.name,
            inbox=str(dataset.inbox),
            home=str(dataset.home),
            edition_policy=dataset.edition_policy,
            rebase=rebase,
            anew=anew,
        )

    def create_resource(self, context: dg.InitResourceContext) -> Warehouse:
        dataset = Dataset(self.dataset, Path(self.inbox), Path(self.home), self.edition_policy)
        return Warehouse(dataset, self.rebase, self.anew)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        warehouse = self.create_resource(context)
        with warehouse.held():
            yield warehouse


@dg.resource(required_resource_keys={"warehouse"})
def dbt(context: dg.InitResourceContext) -> Dbt:
    """dbt for the dataset of the run's warehouse."""
    warehouse: Warehouse = context.resources.warehouse
    return Dbt(warehouse.dataset)


@dg.resource
@contextmanager
def second(context: dg.InitResourceContext) -> Iterator[Executor | None]:
    """A second process until the run ends; see `ami.second_process`."""
    with second_process() as executor:
        yield executor
