"""The ways to each item: the tables that print it, the data service, the workbook to type it into.

What an item is worth is said by `order`, when its next figures are due by `due`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ami.dataset import REFERENCE_SEEDS
from ami.nbs import plan
from yearbooks.reference import reference_rows


@dataclass(frozen=True)
class Ways:
    """Where each item is printed and how it gets into an inbox, by its code."""

    items: Mapping[str, Mapping[str, str]]
    books: Mapping[str, Mapping[str, str]]
    tables: Mapping[str, Sequence[str]]
    notes: Mapping[str, str]
    planned: frozenset[str]
    dataset: str

    @classmethod
    def load(cls, dataset: str) -> "Ways":
        items = reference_rows(
            REFERENCE_SEEDS / "items.csv", "item_code", "yearbook", "label_zh", "label_en"
        )
        books = reference_rows(
            REFERENCE_SEEDS / "yearbooks.csv", "yearbook", "yearbook_name", "yearbook_name_zh"
        )
        by_book = {row["yearbook"]: row for _, row in books}
        notes = reference_rows(REFERENCE_SEEDS / "publication_notes.csv", "item_code", "note")
        return cls(
            {row["item_code"]: row for _, row in items},
            by_book,
            _official_tables(by_book),
            {row["item_code"]: row["note"] for _, row in notes},
            frozenset(row.item for row in plan.rows()),
            dataset,
        )

    def to(self, item: str) -> dict[str, str]:
        """The fields of a `Need` that say what an item is called and how to come by it."""
        row = self.items[item]
        book = self.books[row["yearbook"]]
        fetch = f"ami fetch nbs -d {self.dataset} --item {item}"
        return {
            "label_zh": row["label_zh"],
            "label_en": row["label_en"],
            "yearbook": book["yearbook_name"],
            "yearbook_zh": book["yearbook_name_zh"],
            "official_tables": "; ".join(self.tables.get(item, ())),
            "fetch": fetch if item in self.planned else "",
            "template": f"ami template {row['yearbook']}",
            "note": self.notes.get(item, ""),
        }


def _official_tables(books: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """The tables that print each item, the newest edition first, each title once."""
    editions: dict[tuple[str, str, str, str], list[int]] = {}
    for _, row in reference_rows(
        REFERENCE_SEEDS / "official_tables.csv",
        "item_code", "yearbook", "edition", "table_number", "title_zh",
    ):  # fmt: skip
        name = books[row["yearbook"]]["yearbook_name_zh"]
        key = row["item_code"], name, row["table_number"], row["title_zh"]
        editions.setdefault(key, []).append(int(row["edition"]))
    found: dict[str, list[str]] = {}
    newest_first = sorted(editions.items(), key=lambda each: -max(each[1]))
    for (item, book, number, title), years in newest_first:
        edition = ", ".join(map(str, sorted(years, reverse=True)))
        found.setdefault(item, []).append(f"{book} {edition}: {number} {title}")
    return found
