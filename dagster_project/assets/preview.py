"""The first rows of a table as Markdown, for the metadata that the Dagster UI shows."""

import pandas as pd

from yearbooks.untrusted import visible

# Cells come from yearbook files: as character references these are shown, not obeyed.
MARKUP = str.maketrans({mark: f"&#{ord(mark)};" for mark in "\\`*_~[]()<>|&#!"})


def preview(frame: pd.DataFrame, *, synthetic: bool) -> str:
    """A Markdown table of `frame`; `synthetic` data say so above it."""
    cells = frame.astype("string").fillna("").map(lambda text: visible(text).translate(MARKUP))
    return ("**SYNTHETIC data**\n\n" if synthetic else "") + cells.to_markdown(index=False)
