"""SYNTHETIC demo yearbooks: a seeded generator from planted coefficients to printed tables.

    provinces   invented levels of the 31 provinces, spatial weights
    prefectures levels, names and reference files of 333 prefectures that do not exist
    process     the data-generating process: regressors, mechanism variables, wanted index
    scores      the index spread over 21 indicator scores with the wanted entropy weights
    items       raw items of the yearbooks whose indicators have those scores
    printing    labels, units, editions, gaps, misprints
    draws       random series and calibration helpers

`python -m demo` writes the seeds. The story, the true coefficients and every deliberate
imperfection are in docs/demo-data.md.
"""

from demo.generate import generate, write
from demo.process import TRUTH, Truth, simulate

__all__ = ["TRUTH", "Truth", "generate", "simulate", "write"]
