"""The figures of the report: frames in, Altair charts out.

* `style`: colours, fonts, the mark of synthetic data
* `leaders`, `scatter`: Figures 2 and 3 of the paper; `availability`: what has figures, when
* `curve`: the specification curve
* `maps`, `moran_plots`, `effects_plot`: section 5.6: tiles, Moran's I, effects of spatial panels
* `files`: which of them are kept as files of their own

Not here: captions and the page around a figure (`analysis.report.sections`).
"""
