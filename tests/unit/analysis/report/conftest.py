"""Each picture is drawn once: pages that differ in a sentence have their pictures in common."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import vl_convert


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
