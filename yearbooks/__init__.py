"""Reads yearbook files into one raw table.

Here belong the catalogue of items, provinces, units and marks, one reader for each layout of file,
the intake that lands what they read, and the generator of the synthetic demo yearbooks. What a
figure means once it has landed (units converted, editions chosen, gaps filled) belongs to dbt.
"""
