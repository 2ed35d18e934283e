"""What the Dagster UI shows of an asset: its key and owners, how many rows, the first of them."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from ami.dataset import Dataset
from ami.up_to_date import Versions
from yearbooks.source import content_hash
from yearbooks.untrusted import visible

OWNERS = ["team:warehouse"]
# Of a table of estimates.
ROWS_SHOWN = 60
# Cells come from yearbook files: as character references these are shown, not obeyed.
MARKUP = str.maketrans({mark: f"&#{ord(mark)};" for mark in "\\`*_~[]()<>|&#!"})


def key(table: str) -> dg.AssetKey:
    """The asset of a table of the warehouse, `schema.name`."""
    return dg.AssetKey(table.split("."))


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


def data_version(made: Versions) -> dg.DataVersion:
    """That by which Dagster tells whether what is made from it is up to date; see `up_to_date`."""
    return dg.DataVersion(content_hash(json.dumps(made, sort_keys=True).encode()))


def taken_over(was: bool) -> dict[str, str]:
    """Said of what a refresh did not make again."""
    words = "from the last good refresh: its code and all it is made from are as they were"
    return {"taken_over": words} if was else {}


def built(path: Path) -> dict[str, Any]:
    """Where results were written, which is not yet where readers look."""
    return {
        "built": dg.MetadataValue.path(str(path)),
        "readers_see": "what was published last, until results/published is materialized",
    }
