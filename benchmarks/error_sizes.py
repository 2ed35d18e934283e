"""How often does each measure of "How sure" reject a null that is true, at the paper's size?

`python -m benchmarks.error_sizes` draws SYNTHETIC panels of 31 provinces and 19 years in which the
treatment has no effect, with errors that are autocorrelated and of unequal spread, and counts
p-values below 5 %. In the second design four provinces move several times as much as the others, so
that clusters are worth about as few as on the demo. Here: the count. Not here: the panels
(`benchmarks.panels`).
"""

from collections import defaultdict
from typing import Annotated

import typer

from benchmarks.bootstrap import one_thread
from benchmarks.panels import (
    CONTROLS,
    MEDIATOR_TO_OUTCOME,
    TREATMENT_TO_MEDIATOR,
    TREATMENT_TO_OUTCOME,
    make_panel,
)

SEED = 20240117
LEVEL = 0.05
TOTAL = TREATMENT_TO_OUTCOME + TREATMENT_TO_MEDIATOR * MEDIATOR_TO_OUTCOME
HEAVY, TIMES = 4, 4.0


def p_values(panels: int, *, heavy: bool) -> dict[str, list[float]]:
    """p-values of each measure, and under `effective_clusters` what they are worth."""
    import numpy as np
    import pandas as pd

    from analysis.regressions.fixed_effects import two_way_fe
    from analysis.regressions.one_coefficient import (
        conley,
        driscoll_kraay,
        each_coefficient,
        effective_clusters,
        jackknife,
        randomisation,
    )
    from analysis.regressions.wild_bootstrap import wild_cluster_p

    rng = np.random.default_rng(SEED)
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(panels):
        panel = make_panel(rng)
        panel["outcome"] -= TOTAL * panel["treatment"]
        names = panel["province"].unique()
        if heavy:
            panel["treatment"] *= np.where(panel["province"].isin(names[:HEAVY]), TIMES, 1.0)
        regressors = ["treatment", *CONTROLS]
        fit = two_way_fe(panel, "outcome", regressors)
        (of,) = each_coefficient(panel, "outcome", regressors, ["treatment"])
        # Capitals on a square of 3,000 km, anew in every panel.
        place = rng.uniform(0, 3000, size=(len(names), 2))
        km = np.hypot(*(place[:, None] - place).transpose(2, 0, 1))
        wild = wild_cluster_p(panel, "outcome", regressors, "treatment", reps=999, fit=fit)
        found["effective_clusters"].append(effective_clusters(of))
        found["clustered"].append(float(fit.p_values["treatment"]))
        found["jackknife"].append(jackknife(of).p_value)
        found["wild_bootstrap"].append(wild.p_value)
        found["driscoll_kraay"].append(driscoll_kraay(of).p_value)
        found["conley"].append(conley(of, pd.DataFrame(km, names, names)).p_value)
        found["randomisation"].append(randomisation(of).p_value)
    return found


def main(panels: Annotated[int, typer.Option(help="Panels of each design.")] = 400) -> None:
    """Print the shares of true nulls that each measure rejects at 5 %."""
    one_thread()
    for heavy in (False, True):
        found = p_values(panels, heavy=heavy)
        clusters = sorted(found.pop("effective_clusters"))[panels // 2]
        print(f"{'unequal' if heavy else 'alike'}: effective clusters {clusters:.1f} (median)")
        for name, values in found.items():
            share = sum(value < LEVEL for value in values) / panels
            print(f"  {name:16} {100 * share:5.1f} %")


if __name__ == "__main__":
    typer.run(main)
