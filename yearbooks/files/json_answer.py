"""Answers of the statistics bureau's data service, saved as JSON: one row a value.

    {"state": 20000, "success": true, "data": [
        {"code": "2021YY", "name": "2021年", "values": [
            {"i_showname": "ITEM (UNIT)", "du_name": "UNIT", "da": "110000000000",
             "da_name": "北京市", "value": "1234.5"}, ...]}, ...]}

Whatever a program wrapped around an answer, or whatever answers it put together, only entries of a
period with its values are taken. Texts and numbers stay as they are written. What the fields mean
belongs to `yearbooks.layouts.nbs_service`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from yearbooks.cells import Fault, Place, Row, Sheet
from yearbooks.errors import FileFault

# Of each value: where it stands, what its period says, what it says itself.
PLACE, PERIOD, NAME, REGION, REGION_NAME, VALUE = (
    "place", "code", "name", "da", "da_name", "value",
)  # fmt: skip
ITEM, UNIT, COMPARISON = "i_showname", "du_name", "dp_name"
FIELDS = (PLACE, PERIOD, NAME, ITEM, UNIT, COMPARISON, REGION, REGION_NAME, VALUE)

# Thirty indicators of all provinces in twenty years are a tenth of this.
MAX_VALUES = 200_000
# Texts and numbers, of which a value has about ten.
MAX_SIGNS = 20 * MAX_VALUES
# A value of an answer is five deep; a program may have wrapped it.
MAX_DEPTH = 12
# So much of a name stands in the path to a value.
_KEY = 40

_BEGINS = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[{\[])")
_SIGNS = "{[,:"


def recognises(text: str) -> bool:
    """Whether a text begins as a JSON object does, or as a list of them."""
    return _BEGINS.match(text) is not None


def sheet(text: str) -> Sheet:
    """The values of all answers in the text, numbered from 1, below a row of `FIELDS`.

    Raises `FileFault`: `unreadable_file` where the text is not JSON to its end, says a thing twice,
    is nested too deep, is no answer with figures, or is one that says it failed, and `too_large`.
    """
    rows: list[Row] = [(0, list(FIELDS))]
    faults: dict[Place, Fault] = {}
    for place, period, entry in _values(_parsed(text), "", 1):
        number = len(rows)
        if number > MAX_VALUES:
            raise FileFault("too_large", f"an answer of no more than {MAX_VALUES:,} values")
        fields = entry if isinstance(entry, dict) else {}
        said = {**fields, **_region(fields), **{key: period.get(key) for key in (PERIOD, NAME)}}
        rows.append((number, [place, *(_text(said.get(key)) for key in FIELDS[1:])]))
        if VALUE not in fields:
            faults[number, len(FIELDS) - 1] = Fault(
                "ragged_row", f"an entry with {ITEM}, {UNIT}, {REGION} and {VALUE}"
            )
    if len(rows) == 1:
        raise FileFault(
            "unreadable_file",
            "an answer of the data service with figures: data[], and in each entry code and "
            "values[]; this JSON holds none",
        )
    return Sheet("", tuple(rows), faults=faults)


def _parsed(text: str) -> Any:
    if sum(map(text.count, _SIGNS)) > MAX_SIGNS:
        raise FileFault("too_large", f"an answer of no more than {MAX_SIGNS:,} texts and numbers")
    try:
        # Numbers stay texts: a figure is kept as it is written, and none is too long to read.
        return json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise FileFault(
            "unreadable_file",
            f"JSON to its end; line {error.lineno}, column {error.colno}: {error.msg}",
        ) from None
    except RecursionError:
        raise _too_deep() from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise FileFault(
            "unreadable_file", f"each name once in an object; '{_text(twice)[:_KEY]}' is twice"
        )
    return found


def _too_deep() -> FileFault:
    return FileFault("unreadable_file", f"JSON no more than {MAX_DEPTH} deep")


def _values(node: Any, path: str, depth: int) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every value with the path to it and the period it stands in, in the order of the text."""
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(node, list):
        for at, child in enumerate(node):
            yield from _values(child, f"{path}[{at}]", depth + 1)
    elif isinstance(node, dict):
        if node.get("success") is False:
            said = _text(node.get("message", node.get("msg")))[:80]
            raise FileFault(
                "unreadable_file",
                f"an answer that succeeded; {path or 'this one'} says success: false ({said})",
            )
        if PERIOD in node and isinstance(node.get("values"), list):
            for at, entry in enumerate(node["values"]):
                yield f"{path}.values[{at}]".lstrip("."), node, entry
            return
        for key, child in node.items():
            yield from _values(child, f"{path}.{_text(key)[:_KEY]}".lstrip("."), depth + 1)


def _region(fields: dict[str, Any]) -> dict[str, Any]:
    """Code and name of the region, which an answer about all regions calls areaCode and area.

    A code may stand in the place of the name.
    """
    code, name = fields.get(REGION) or fields.get("areaCode"), fields.get(REGION_NAME)
    area = fields.get("area")
    if not code and isinstance(area, str) and area.isdigit():
        return {REGION: area, REGION_NAME: name}
    return {REGION: code, REGION_NAME: name or area}


def _text(value: Any) -> str:
    """A text or number as it is written; what is neither is shown as JSON begins it."""
    if value is None:
        return ""
    if isinstance(value, str):
        # JSON can spell halves of signs, which are no text anywhere else.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, bool):
        return str(value).lower()
    return "{...}" if isinstance(value, dict) else "[...]"
