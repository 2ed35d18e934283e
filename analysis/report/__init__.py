"""The report of one refresh: frames in, one self-contained HTML page out.

* `inputs`: the frames a report is made of, and what several parts of it say of them
* `opening`: the page's first words: coverage, key figures, summary
* `results`: the sections on the index, agglomeration, weights and descriptives
* `regressions`: the sections on the paper's Tables 4 to 10, robustness and the audit of print
* `space`: the map, Moran's I and its clusters; `spillovers`: Table 11 and pathways in space
* `space`: the sections on section 5.6: the map, Moran's I, local clusters
* `revision`: the section on what changed since the last vintage
* `evidence`: the sections on the data behind them: coverage, gaps, what was set aside, checks
* `blocks`: what a section is made of; `words`: how figures and lists are written
* `page`: puts them together with `analysis/templates`, which say how it all looks

Not here: what the figures and the paper's tables show (`analysis.figures`, `analysis.tables`), and
reading or writing anything but the templates. Every text that comes from data is escaped.
"""

from analysis.report.inputs import ReportInputs, coverage_sentence
from analysis.report.page import render

__all__ = ["ReportInputs", "coverage_sentence", "render"]
