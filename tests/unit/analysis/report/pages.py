"""Reads a report page as a strict reader would: tags that close, ids, links, tables by id."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "hr", "link", "input"}


@dataclass
class Page(HTMLParser):
    """Tags with their attributes, in order; raises AssertionError where tags do not nest."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    table_texts: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    text: str = ""
    _open: list[str] = field(default_factory=list)
    _row: list[str] | None = None

    @classmethod
    def of(cls, html: str) -> "Page":
        page = cls()
        page.feed(html)
        page.close()
        assert page._open == [], f"left open: {page._open}"
        return page

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def attribute(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._rows = self.tables.setdefault(attributes.get("id", ""), [])
            self.table_texts.append("")
        elif tag == "tr":
            self._row = []
        elif tag in ("th", "td") and self._row is not None:
            self._row.append("")
        elif tag == "svg":
            self.figures.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-3:]}"
        self._open.pop()
        if tag == "tr" and self._row is not None:
            self._rows.append(self._row)
            self._row = None

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text += data
        if "table" in self._open:
            self.table_texts[-1] += data
        if "svg" in self._open:
            self.figures[-1] += data
        if self._row and {"th", "td"} & set(self._open):
            self._row[-1] += data
