"""What the Dagster UI shows of an asset: its owners, how many rows, and the first of them."""

from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from ami.dataset import Dataset
from yearbooks.untrusted import visible

OWNERS = ["team:warehouse"]
# Of a table of estimates.
ROWS_SHOWN = 60
# Cells come from yearbook files: as character references these are shown, not obeyed.
MARKUP = str.maketrans({mark: f"&#{ord(mark)};" for mark in "\\`*_~[]()<>|&#!"})


def preview(frame: pd.DataFrame, dataset: Dataset) -> dg.MarkdownMetadataValue:
    """The rows of `frame` as a table; synthetic data say so above it."""
    cells = frame.astype("string").fillna("").map(lambda text: visible(text).translate(MARKUP))
    warning = "**SYNTHETIC data**\n\n" if dataset.synthetic else ""
    return dg.MetadataValue.md(warning + cells.to_markdown(index=False))


def shown(frame: pd.DataFrame, dataset: Dataset) -> dict[str, Any]:
    """Of a table of estimates."""
    return {
        "dagster/row_count": len(frame),
        "preview": preview(frame.head(ROWS_SHOWN), dataset),
    }


def built(path: Path) -> dict[str, Any]:
    """Where results were written, which is not yet where readers look."""
    return {
        "built": dg.MetadataValue.path(str(path)),
        "readers_see": "what was published last, until results/published is materialized",
    }
