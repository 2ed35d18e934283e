"""Cells to observations: one module a layout, each naming the rule by which it read a cell.

Here belongs where a table prints its item, unit, province, year and figure. What a text means is
the catalogue's; whether a cell lands is `yearbooks.resolution`'s.
"""
