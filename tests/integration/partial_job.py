"""Part of a refresh in this process, for tests that look at no more than that."""

import dagster as dg

from ami.dataset import Dataset
from dagster_project.definitions import build_defs


def run_part(dataset: Dataset, selection: dg.AssetSelection) -> dg.ExecuteInProcessResult:
    """What a person gets who makes these assets and checks, and no others, in the UI."""
    part = dg.Definitions(jobs=[dg.define_asset_job("part", selection=selection)])
    defs = dg.Definitions.merge(build_defs(dataset), part)
    with dg.DagsterInstance.ephemeral() as instance:
        return defs.resolve_job_def("part").execute_in_process(instance=instance)
