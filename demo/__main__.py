"""`python -m demo [--output DIR] [--prefectures]` writes the SYNTHETIC demo yearbooks."""

from __future__ import annotations

import argparse
from pathlib import Path

from demo.generate import SEEDS, write, write_prefectures


def main() -> None:
    """Writes one CSV a yearbook and says how many rows each has."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=main.__doc__)
    parser.add_argument("--output", type=Path, default=SEEDS, help="folder (default: %(default)s)")
    parser.add_argument(
        "--prefectures",
        action="store_true",
        help="333 prefectures instead of the provinces, into inbox/ and reference/ of the folder",
    )
    chosen = parser.parse_args()
    if chosen.prefectures and chosen.output == SEEDS:
        parser.error("--prefectures needs an --output: the seeds are the provinces'")
    written = (write_prefectures if chosen.prefectures else write)(chosen.output)
    for path, rows in written.items():
        print(f"{path}: {rows} rows, SYNTHETIC")


if __name__ == "__main__":
    main()
