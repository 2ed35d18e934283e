"""A table of the warehouse as files for other programs: CSV, Parquet, Stata.

Here: how such a file is written, so that those programs read it as it is meant. Not here: which
tables are kept (`analysis.results_tables`).
"""

import codecs
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten

import duckdb
import numpy as np
import pandas as pd

# Excel takes a file without the mark for one of its own code page, and Chinese for gibberish.
CSV_ENCODING = "utf-8-sig"
# What Stata has room for, in a label and in a number.
_LABEL = 80
MAX_DOUBLE = 2.0**1023 * (1 - 2.0**-53)


class TableFileError(ValueError):
    """A file that cannot be written as it was asked for, said in words."""


def write_csv(table: duckdb.DuckDBPyRelation, path: Path) -> None:
    """The table as UTF-8 with a byte order mark."""
    table.write_csv(str(path))
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())


def write_new_csv(rows: pd.DataFrame, path: Path) -> None:
    """Rows as the CSV files of results have them.

    Raises `TableFileError` for a path that exists, is not named .csv or cannot be written.
    """
    if path.suffix.lower() != ".csv":
        raise TableFileError(f"{path}: the file is named .csv")
    try:
        rows.to_csv(path, index=False, encoding=CSV_ENCODING, mode="x")
    except FileExistsError:
        raise TableFileError(f"{path} exists; name a file that does not") from None
    except OSError as error:
        raise TableFileError(f"{path} cannot be written: {error.strerror}") from None


def write_stata(
    frame: pd.DataFrame, path: Path, words: Mapping[str, str], *, synthetic: bool
) -> None:
    """The table for Stata 14 or newer, with what each column holds as the label of its variable.

    Parameters
    ----------
    frame : DataFrame
        Of texts, numbers and truth values. For Stata these are 1 and 0, an absent text is an empty
        one, and what has no bound is `c(maxdouble)` or its negative.
    path : Path
        Of the file, replaced where it exists.
    words : mapping
        What columns hold; cut where Stata has no room for it.
    synthetic : bool
        Said in the label of the data set.
    """
    truths = frame.select_dtypes("bool").columns
    texts = frame.select_dtypes(["object", "string"]).columns
    frame.replace({np.inf: MAX_DOUBLE, -np.inf: -MAX_DOUBLE}).astype(
        dict.fromkeys(truths, "int8") | dict.fromkeys(texts, "object")
    ).fillna(dict.fromkeys(texts, "")).to_stata(
        path,
        write_index=False,
        version=118,
        data_label="SYNTHETIC data, not a finding about China" if synthetic else "",
        variable_labels={name: _label(said) for name, said in words.items()},
    )


def _label(words: str) -> str:
    return shorten(words.strip().removesuffix("."), _LABEL, placeholder="…")
