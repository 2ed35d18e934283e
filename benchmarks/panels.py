"""SYNTHETIC panels of the paper's size whose coefficients are known.

Here: how they are made. Not here: what is measured on them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from scipy import sparse

    from analysis.spatial.operations import SpatialAlgebra

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


SPATIAL_BETA = (1.0, -0.5, 0.3, 0.0)
SPATIAL_THETA = (0.4, 0.0, -0.3, 0.2)
NEIGHBOURS = 6


def knn_weights(rng: "np.random.Generator", n_units: int) -> "sparse.csr_array":
    """Row-standardised weights of the six nearest among random points of a square, (N, N)."""
    import numpy as np
    from scipy import sparse
    from scipy.spatial import KDTree

    points = rng.random((n_units, 2))
    _, nearest = KDTree(points).query(points, NEIGHBOURS + 1)
    cells = (np.repeat(np.arange(n_units), NEIGHBOURS), nearest[:, 1:].ravel())
    values = np.full(n_units * NEIGHBOURS, 1 / NEIGHBOURS)
    return sparse.csr_array((values, cells), shape=(n_units, n_units))


def nested_weights(rng: "np.random.Generator", n_units: int) -> "np.ndarray":
    """The project's product form, inverse distance x relative income, of random places, (N, N).

    Places lie where China does; incomes are log-normal, as far apart as the provinces'.
    """
    import numpy as np
    import pandas as pd

    from analysis.spatial.weights import great_circle, nested

    names = [f"unit {i:05}" for i in range(n_units)]
    places = pd.DataFrame(
        {
            "province_code": names,
            "latitude": rng.uniform(20, 46, n_units),
            "longitude": rng.uniform(90, 126, n_units),
        }
    )
    income = pd.Series(np.exp(10.5 + 0.45 * rng.standard_normal(n_units)), index=names)
    return nested(great_circle(places), income).matrix


def make_spatial_panel(
    rng: "np.random.Generator",
    algebra: "SpatialAlgebra",
    rho: float,
    *,
    persistence: float = 0.0,
    spread: float = 0.0,
    n_times: int = N_YEARS,
) -> "tuple[np.ndarray, np.ndarray]":
    """y (T, N) and X (T, N, 4) of a spatial Durbin panel with unit and time effects.

    y = rho W y + X beta + W X theta + effects + e with `SPATIAL_BETA` and `SPATIAL_THETA`.
    X is standard normal, with unit and time effects of its own. e is standard normal, or AR(1)
    within units with `persistence`, times exp(spread x normal) of the unit.
    """
    import numpy as np

    shape = (n_times, algebra.n_units)
    x = rng.standard_normal((*shape, 4))
    x += rng.standard_normal((algebra.n_units, 4)) + rng.standard_normal((n_times, 1, 4))
    errors = rng.standard_normal(shape)
    errors[1:] *= np.sqrt(1 - persistence**2)
    for time in range(1, n_times):
        errors[time] += persistence * errors[time - 1]
    errors *= np.exp(spread * rng.standard_normal(algebra.n_units))
    systematic = x @ np.array(SPATIAL_BETA) + algebra.lag(x) @ np.array(SPATIAL_THETA)
    effects = rng.standard_normal(algebra.n_units) + rng.standard_normal((n_times, 1))
    return algebra.unfiltered(rho, systematic + effects + errors), x
