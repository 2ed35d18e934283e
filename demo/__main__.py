"""`python -m demo [--output DIR]` writes the SYNTHETIC demo yearbooks."""

from __future__ import annotations

import argparse
from pathlib import Path

from demo.generate import SEEDS, write


def main() -> None:
    """Writes one CSV a yearbook and says how many rows each has."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=main.__doc__)
    parser.add_argument("--output", type=Path, default=SEEDS, help="folder (default: %(default)s)")
    for path, rows in write(parser.parse_args().output).items():
        print(f"{path}: {rows} rows, SYNTHETIC")


if __name__ == "__main__":
    main()
