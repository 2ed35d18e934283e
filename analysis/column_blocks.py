"""A wide array's columns a few at a time, so that thousands of rows of them fit into the cache.

Not here: what is done with them.
"""

from __future__ import annotations

from collections.abc import Iterator

# Cells worked on at once.
_CELLS = 2**19


def column_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """The columns of an array (n_rows, n_columns), at least one at a time."""
    at_once = max(1, _CELLS // n_rows)
    for start in range(0, n_columns, at_once):
        yield slice(start, start + at_once)
