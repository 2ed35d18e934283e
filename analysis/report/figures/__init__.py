"""The figures of the report: frames in, Altair charts out.

* `drawings`: the index, the regressions, coverage; colours and style
* `maps`: the provinces as tiles, Moran's I, spatial effects
"""
