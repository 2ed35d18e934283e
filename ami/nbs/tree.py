"""Finds what the data service calls things: ids by names, and names by a part of them.

Ids change, so that each is looked up by name in every run. What was seen of the tree is written
down beside the datasets, with the day: it tells where to look, and what there is; never an id.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from ami import atomic
from ami.dates import today_in_china
from ami.nbs import answers
from ami.nbs.answers import Indicator, Node
from ami.nbs.client import Service, ServiceError
from yearbooks.labels import match_key

# Annual figures by province.
KIND, KIND_NAME = "6", "分省年度数据"
JOINT = " > "
# A branch of the tree holds up to thirty names.
_MOST_SHOWN = 30

Path_ = tuple[str, ...]


class NotFound(ServiceError):
    """A name that the tree does not hold, with the names that it holds instead."""


class Differs(ServiceError):
    """A name that is there in another unit."""


@dataclass(frozen=True)
class Leaf:
    """A leaf and the names that lead to it."""

    path: Path_
    node: Node


@dataclass(frozen=True)
class SeenIndicator:
    """An indicator as it was seen on a day: where it stands, its name, its unit."""

    path: Path_
    name: str
    unit: str

    @property
    def shown(self) -> str:
        return Indicator("", self.name, self.unit).shown


class Tree:
    """The tree of annual figures by province, looked at through the service; each node once."""

    def __init__(self, service: Service, home: Path) -> None:
        self._service = service
        self._seen_file = home / "warehouse" / "nbs_tree.json"
        self._children: dict[str, list[Node]] = {}
        self._indicators: dict[str, list[Indicator]] = {}

    @property
    def root(self) -> Node:
        """The root of the kind. Raises `NotFound` where another kind answers."""
        for node in self.children(""):
            if match_key(node.name) == match_key(KIND_NAME):
                return node
        raise NotFound(
            f"the tree of kind {KIND}: expected {KIND_NAME}; there is {_names(self.children(''))}"
        )

    def children(self, id: str) -> list[Node]:
        if id not in self._children:
            answer = self._service.get("new/queryIndexTreeAsync", pid=id, code=KIND)
            self._children[id] = answers.nodes(answer)
        return self._children[id]

    def indicators(self, leaf: Leaf) -> list[Indicator]:
        if leaf.node.id not in self._indicators:
            answer = self._service.get("new/queryIndicatorsByCid", cid=leaf.node.id, dt="", name="")
            self._indicators[leaf.node.id] = answers.indicators(answer)
        return self._indicators[leaf.node.id]

    def leaves(self, path: Path_) -> list[Leaf]:
        """The leaves at the end of a path: several where a series is cut by years.

        Raises `NotFound`, naming what there is where the path ends.
        """
        node = self.root
        for depth, name in enumerate(path[:-1]):
            same = [each for each in self.children(node.id) if _is(each.name, name)]
            if len(same) != 1:
                raise self._missing((KIND_NAME, *path[:depth]), f"a branch {name}", node)
            node = same[0]
        last = self.children(node.id)
        exact = [each for each in last if _is(each.name, path[-1])]
        found = exact or [each for each in last if _is(each.base, path[-1])]
        if not found or len(exact) > 1 or not all(each.is_leaf for each in found):
            raise self._missing((KIND_NAME, *path[:-1]), f"a leaf {path[-1]}", node)
        return [Leaf((*path[:-1], each.name), each) for each in found]

    def _missing(self, path: Path_, expected: str, node: Node) -> NotFound:
        return NotFound(
            f"{JOINT.join(path)}: expected {expected}; there is {_names(self.children(node.id))}"
        )

    def indicator(self, leaf: Leaf, name: str, unit: str) -> Indicator:
        """The indicator of a leaf by its name and unit.

        Raises `Differs` where it stands there in another unit, `NotFound` with the nearest names.
        """
        there = self.indicators(leaf)
        named = [each for each in there if each.is_named(name)]
        found = [each for each in named if each.is_in(unit)]
        where = JOINT.join(leaf.path)
        if len(found) == 1:
            return found[0]
        if found:
            raise NotFound(
                f"{where}: expected {name} ({unit}) once; it is there {len(found)} times"
            )
        if named:
            units = ", ".join(each.unit or "no unit" for each in named)
            raise Differs(f"{where}: expected {name} in {unit}; it is in {units}")
        names = get_close_matches(name, [each.name for each in there], 3, 0.3)
        shown = ", ".join(each.shown for each in there if each.name in names)
        raise NotFound(f"{where}: expected {name} ({unit}); nearest is {shown or 'nothing'}")

    def regions(self, leaf: Leaf) -> dict[str, str]:
        """All regions of a leaf: names by codes of twelve digits."""
        found: dict[str, str] = {}
        answer = self._service.get("getDaCatalogTreeByIndicatorCid", indicatorCid=leaf.node.id)
        for group in answers.nodes(answer):
            found |= answers.regions(self._service.get("getDasByDaCatalogId", daCid=group.id))
        return found

    def places(self, name: str, unit: str, tell: Callable[[int], None]) -> list[Path_]:
        """The paths of the leaves that hold an indicator.

        Where it was seen last, if it still is there; otherwise the whole tree is looked through,
        once a day. Raises `Differs` where it is in another unit, `NotFound` where it is not.
        """
        day, seen = self._read_seen()
        found = _paths(seen, name, unit)
        if day != today_in_china() and not (found and self._still_holds(found, name, unit)):
            seen = self.walk(tell)
            found = _paths(seen, name, unit)
        if found:
            return found
        if other := [each for each in seen if _is(each.name, name)]:
            raise Differs(f"expected {name} in {unit}; there is {_shown(other)}")
        close = get_close_matches(name, {each.name for each in seen}, 3, 0.6)
        near = _shown([each for each in seen if each.name in close])
        raise NotFound(
            f"{KIND_NAME}: expected {name} ({unit}) somewhere; nearest is {near or 'nothing'}"
        )

    def _still_holds(self, paths: list[Path_], name: str, unit: str) -> bool:
        try:
            for path in paths:
                for leaf in self.leaves(path):
                    self.indicator(leaf, name, unit)
        except (NotFound, Differs):
            return False
        return True

    def search(self, text: str, tell: Callable[[int], None]) -> list[SeenIndicator]:
        """The indicators with `text` in their names or on the way to them, as seen today."""
        day, seen = self._read_seen()
        if day != today_in_china():
            seen = self.walk(tell)
        key = match_key(text)
        return [each for each in seen if key in match_key(JOINT.join((*each.path, each.name)))]

    def walk(self, tell: Callable[[int], None]) -> list[SeenIndicator]:
        """Every indicator of every leaf, written down; `tell` hears how many leaves were seen."""
        seen = []
        for n_leaves, leaf in enumerate(self._all_leaves((), self.root), start=1):
            seen += [
                SeenIndicator(leaf.path, each.name, each.unit) for each in self.indicators(leaf)
            ]
            tell(n_leaves)
        said = {
            "seen_on": today_in_china().isoformat(),
            "indicators": [[JOINT.join(each.path), each.name, each.unit] for each in seen],
        }
        self._seen_file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(self._seen_file, json.dumps(said, ensure_ascii=False, indent=0) + "\n")
        return seen

    def _all_leaves(self, path: Path_, node: Node) -> Iterator[Leaf]:
        for child in self.children(node.id):
            here = (*path, child.name)
            if child.is_leaf:
                yield Leaf(here, child)
            else:
                yield from self._all_leaves(here, child)

    def _read_seen(self) -> tuple[date | None, list[SeenIndicator]]:
        try:
            said = json.loads(self._seen_file.read_text(encoding="utf-8"))
            return date.fromisoformat(said["seen_on"]), [
                SeenIndicator(tuple(path.split(JOINT)), name, unit)
                for path, name, unit in said["indicators"]
            ]
        # Not there, or not as it is written here: it is only a memory.
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None, []


def _is(text: str, name: str) -> bool:
    return match_key(text) == match_key(name)


def _paths(seen: list[SeenIndicator], name: str, unit: str) -> list[Path_]:
    same = [each.path for each in seen if _is(each.name, name) and _is(each.unit, unit)]
    return list(dict.fromkeys(same))


def _shown(seen: list[SeenIndicator]) -> str:
    return "; ".join(f"{JOINT.join(each.path)}: {each.shown}" for each in seen[:3])


def _names(nodes: list[Node]) -> str:
    shown = ", ".join(node.name for node in nodes[:_MOST_SHOWN])
    return (shown or "nothing") + (", ..." if len(nodes) > _MOST_SHOWN else "")
