"""Each part of a page, and each picture, is made once of the same tables.

Pages that differ in a sentence have the others in common.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import vl_convert

from analysis.report.inputs import ReportInputs, ReportPart


@pytest.fixture(autouse=True, scope="session")
def drawn_once() -> Iterator[None]:
    drawn: dict[str, str] = {}
    draw = vl_convert.vegalite_to_svg

    def remembered(chart: dict[str, Any]) -> str:
        key = json.dumps(chart, sort_keys=True)
        if key not in drawn:
            drawn[key] = draw(chart)
        return drawn[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vl_convert, "vegalite_to_svg", remembered)
        yield


@pytest.fixture(autouse=True, scope="session")
def made_once() -> Iterator[None]:
    """A part is given the tables that it names and no others, so that these decide what it says.

    Which tables these are is known by identity: a test makes another, and writes into none.
    """
    made: dict[tuple[object, ...], tuple[ReportInputs, object]] = {}
    make = ReportPart.__call__

    def remembered(part: ReportPart[object], inputs: ReportInputs) -> object:
        given = inputs.only(part.needs)
        tables = ((name, id(frame)) for name, frame in given.frames.items())
        options = json.dumps(dict(given.options), sort_keys=True)
        said = (given.dataset, given.synthetic, given.units, given.made_at, options)
        key = (id(part), *said, *tables)
        if key not in made:
            # Kept with its tables, so that no other table has the identity of one of them.
            made[key] = given, make(part, inputs)
        return made[key][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReportPart, "__call__", remembered)
        yield
