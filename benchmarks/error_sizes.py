"""How often does each measure of "How sure" reject a null that is true, at the paper's size?

`python -m benchmarks.error_sizes` draws SYNTHETIC panels of 31 provinces and 19 years in which the
treatment has no effect, with errors that are autocorrelated and of unequal spread, and counts
p-values below 5 %. In the second design four provinces move several times as much as the others, so
that clusters are worth about as few as on the demo. `--joint` counts instead for what is asked of
several coefficients at once and of an instrumented one. Here: the count. Not here: the panels
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
DRAWS = 999
REGIONS = (10, 6, 12, 3)


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


def joint_p_values(panels: int, *, heavy: bool, seed: int = SEED) -> dict[str, list[float]]:
    """p-values of joint nulls that are true, and of a family the least of its four true ones."""
    import numpy as np

    from analysis.panel import lead
    from analysis.regressions.iv import fe_2sls
    from analysis.regressions.joint_tests import all_equal, all_zero
    from analysis.regressions.multiple_testing import family
    from analysis.regressions.one_coefficient import each_coefficient
    from analysis.regressions.wild_iv import wild_2sls_p

    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = defaultdict(list)
    regressors = ["treatment", *CONTROLS]
    for _ in range(panels):
        panel = make_panel(rng)
        for outcome in ("outcome", "outcome_endogenous"):
            panel[outcome] -= TOTAL * panel["treatment"]
        names = panel["province"].unique()
        if heavy:
            times = np.where(panel["province"].isin(names[:HEAVY]), TIMES, 1.0)
            panel["treatment"] *= times
            panel["instrument"] *= times
        one_more = make_panel(rng)

        model = ("outcome_endogenous", ["treatment"], ["instrument"], CONTROLS)
        fit = fe_2sls(panel, *model)
        reduced = ["instrument", *CONTROLS]
        anderson_rubin = all_zero(panel, "outcome_endogenous", reduced, ["instrument"], reps=DRAWS)
        found["2SLS, t(G - 1)"].append(float(fit.p_values["treatment"]))
        found["2SLS, wild (WRE)"].append(
            wild_2sls_p(panel, model[0], "treatment", *model[2:], reps=DRAWS).p_value
        )
        found["Anderson-Rubin, F"].append(anderson_rubin.p_value)
        found["Anderson-Rubin, wild"].append(anderson_rubin.wild_p_value)

        # As many provinces as the paper's four regions have.
        region = np.searchsorted(np.cumsum(REGIONS), np.arange(len(names)), side="right")
        of_rows = region[np.searchsorted(names, panel["province"])]
        parts = [
            each_coefficient(own, "outcome", regressors, ["treatment"])[0]
            for _, own in panel.groupby(of_rows)
        ]
        equal = all_equal(parts, reps=DRAWS)
        found["equal in four regions, F"].append(equal.p_value)
        found["equal in four regions, wild"].append(equal.wild_p_value)

        leads = {f"lead {by}": lead(panel, "treatment", by) for by in (1, 2)}
        ahead = all_zero(
            panel.assign(**leads), "outcome", [*regressors, *leads], list(leads), reps=DRAWS
        )
        found["two leads, F"].append(ahead.p_value)
        found["two leads, wild"].append(ahead.wild_p_value)

        outcomes = {
            "true effect": panel["outcome"] + TOTAL * panel["treatment"],
            **{f"with {name}": panel["outcome"] + one_more[name] for name in CONTROLS[:4]},
        }
        many = panel.assign(**outcomes)
        tested = family(
            [each_coefficient(many, name, regressors, ["treatment"])[0] for name in outcomes],
            reps=DRAWS,
        )
        found["any of four among five"].append(float(tested.p_values[1:].min()))
        found["the same, Romano-Wolf"].append(float(tested.adjusted[1:].min()))
    return found


def main(
    panels: Annotated[int, typer.Option(help="Panels of each design.")] = 400,
    joint: Annotated[bool, typer.Option(help="Joint nulls and the instrument instead.")] = False,
) -> None:
    """Print the shares of true nulls that each measure rejects at 5 %."""
    one_thread()
    for heavy in (False, True):
        found = (joint_p_values if joint else p_values)(panels, heavy=heavy)
        design = "unequal" if heavy else "alike"
        if clusters := sorted(found.pop("effective_clusters", [])):
            design += f": effective clusters {clusters[panels // 2]:.1f} (median)"
        print(design)
        for name, values in found.items():
            share = sum(value < LEVEL for value in values) / panels
            print(f"  {name:28} {100 * share:5.1f} %", flush=True)


if __name__ == "__main__":
    typer.run(main)
