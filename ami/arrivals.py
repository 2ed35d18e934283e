"""What has arrived in an inbox that no refresh has taken in: the one place for that rule.

What was taken in is known from the last good warehouse, so that a refresh started by hand, a
restart or a lost memory changes nothing. What lies in an inbox is said by `yearbooks.inbox`, when a
refresh starts by the sensors of `dagster_project`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ami.dataset import Dataset
from ami.warehouse import Warehouse
from yearbooks.inbox import Seen
from yearbooks.source import content_hash
from yearbooks.untrusted import visible

# What intake records for a file that it could not open.
NO_CONTENT = content_hash(b"")


@dataclass(frozen=True)
class Arrivals:
    """The files of an inbox beside what the last good warehouse was made of.

    taken_in: content by name. newest_load: the number of the last load, 0 without any. mappings:
    the content of the mapping file that each file was read with, which the warehouse does not know.
    """

    files: Mapping[str, Seen]
    mappings: Mapping[str, str]
    taken_in: Mapping[str, str]
    newest_load: int

    @classmethod
    def of(
        cls, dataset: Dataset, files: Mapping[str, Seen], mappings: Mapping[str, str]
    ) -> "Arrivals":
        loaded = Warehouse(dataset).read_published("raw.files")
        if loaded is None:
            return cls(files, mappings, {}, 0)
        newest = loaded[loaded["dataset"] == dataset.name].sort_values("load_seq")
        contents = zip(newest["source_file"], newest["source_hash"], strict=True)
        return cls(files, mappings, dict(contents), int(newest["load_seq"].max()))

    @property
    def pending(self) -> dict[str, Seen]:
        """The files, all there, that no refresh has taken in as they are."""
        return {
            name: seen
            for name, seen in self.files.items()
            if seen.content
            and (
                not self._is_taken_in(name, seen.content)
                or self.mappings.get(name, seen.mapping) != seen.mapping
            )
        }

    @property
    def digest(self) -> str:
        """One arrival: these contents on top of what was taken in: a file changed back is new."""
        contents = [[name, [seen.content, seen.mapping]] for name, seen in self.pending.items()]
        return content_hash(json.dumps([sorted(contents), self.newest_load]).encode())

    @property
    def names(self) -> str:
        """The pending files in words."""
        return ", ".join(map(visible, self.pending))

    def removed(self) -> Iterator[str]:
        """What is to be said of each file that was taken in and is not there any more."""
        names = {seen.content: visible(name) for name, seen in self.files.items()}
        for name, content in self.taken_in.items():
            if name not in self.files:
                now_called = f" (it is now called {names[content]})" if content in names else ""
                yield (
                    f"{visible(name)} is no longer in the inbox{now_called}, but still in the "
                    "warehouse, and it counts."
                )

    def _is_taken_in(self, name: str, content: str) -> bool:
        """By name and content as intake decides; a new name for known content is a renamed file."""
        if name in self.taken_in:
            return self.taken_in[name] == content
        return content != NO_CONTENT and content in self.taken_in.values()
