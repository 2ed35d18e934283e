"""SYNTHETIC panels of the paper's size whose coefficients are known.

Here: how they are made. Not here: what is measured on them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

N_PROVINCES = 31
N_YEARS = 19
CONTROLS = [f"control_{i}" for i in range(1, 8)]

TREATMENT_TO_MEDIATOR = 0.3
TREATMENT_TO_OUTCOME = 0.4
MEDIATOR_TO_OUTCOME = 1.0
INSTRUMENT_TO_TREATMENT = 0.6
_CONTROL = 0.2
_ENDOGENEITY = 0.5


def make_panel(rng: "np.random.Generator", *, persistence: float = 0.6) -> "pd.DataFrame":
    """One panel: `province`, `year`, `treatment`, `mediator`, `outcome`, `CONTROLS`, `instrument`,
    and `outcome_endogenous`, whose error goes with that of the treatment; of the right-hand
    variables only the treatment, and with it the mediator, depends on that error.

    Every series and error is AR(1) with `persistence` within provinces, plus a province and a year
    effect. Errors of some provinces are several times those of others (log-normal).
    """
    import numpy as np
    import pandas as pd

    shape = (N_PROVINCES, N_YEARS)
    spread = np.exp(0.5 * rng.standard_normal((N_PROVINCES, 1)))

    def series() -> "np.ndarray":
        steps = rng.standard_normal(shape)
        steps[:, 0] /= np.sqrt(1 - persistence**2)
        for year in range(1, N_YEARS):
            steps[:, year] += persistence * steps[:, year - 1]
        return steps

    def effects() -> "np.ndarray":
        return rng.standard_normal((N_PROVINCES, 1)) + rng.standard_normal(N_YEARS)

    instrument, shock = series() + effects(), series()
    treatment = INSTRUMENT_TO_TREATMENT * instrument + shock + effects()
    controls = [series() + 0.3 * instrument + effects() for _ in CONTROLS]
    of_controls = _CONTROL * sum(controls)
    mediator = TREATMENT_TO_MEDIATOR * treatment + of_controls + effects() + spread * series()
    outcome = (
        TREATMENT_TO_OUTCOME * treatment
        + MEDIATOR_TO_OUTCOME * mediator
        + of_controls
        + effects()
        + spread * series()
    )
    columns = {
        "province": np.repeat([f"province {i:02}" for i in range(N_PROVINCES)], N_YEARS),
        "year": np.tile(np.arange(2003, 2003 + N_YEARS), N_PROVINCES),
        "treatment": treatment.ravel(),
        "mediator": mediator.ravel(),
        "outcome": outcome.ravel(),
        "outcome_endogenous": (outcome + _ENDOGENEITY * shock).ravel(),
        "instrument": instrument.ravel(),
    }
    return pd.DataFrame(columns | dict(zip(CONTROLS, (c.ravel() for c in controls), strict=True)))
