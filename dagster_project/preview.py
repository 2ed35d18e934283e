"""The first rows of a table as Markdown, for the metadata that the Dagster UI shows."""

from html import escape

import pandas as pd


def preview(frame: pd.DataFrame, rows: int = 5) -> str:
    """A Markdown table. Cells come from yearbook files, so markup in them is shown, not obeyed."""
    cells = frame.head(rows).astype("string").fillna("")
    return cells.map(lambda text: escape(text).replace("|", "&#124;")).to_markdown(index=False)
