"""The units of observation of a dataset: how they are called, at which level they stand.

The default is the paper's provinces, the row of seed `observed_units`, whose place the file
`units.yml` of a dataset of others takes. Texts of the project are written of provinces, and
`ObservedUnits.worded` says them of other units where they leave for a reader. Which units there are
is said by the reference files; the units of a figure are `yearbooks.reference`'s.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Self

from yearbooks.errors import CatalogueError

UNITS_FILE = "units.yml"
# Whose figures a database of the data site holds (databases.csv), and of what units are.
OF_PROVINCES, OF_NATION, OF_CITIES, OF_OTHERS = LEVELS = ("province", "nation", "city", "other")
_PROVINCE = re.compile(r"\b(?P<article>[Aa] )?(?P<begin>P|p)rovinc(?:e(?P<many>s)?|ial)\b")
# Other units have no capitals.
_CENTRES = (" capitals", " centres")
_VOWELS = "aeio"


@dataclass(frozen=True)
class ObservedUnits:
    """How the units are called, the code of the nation among them, and at which level they stand.

    `level` is one of those of `databases.csv`: figures of a database of the data site land where
    its level is that of the units. `synthetic` where the figures of the dataset are made up.
    """

    singular: str = "province"
    plural: str = "provinces"
    singular_zh: str = "省份"
    plural_zh: str = "各省份"
    national_code: str = "000000"
    level: str = OF_PROVINCES
    synthetic: bool = False

    @property
    def are_provinces(self) -> bool:
        """Whether they are those of the paper, with which alone it is compared."""
        return self == PROVINCES

    @property
    def row(self) -> dict[str, str]:
        """As seed `observed_units` has it."""
        return {
            name: str(value).lower() if value in (True, False) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Self:
        """From the row of seed `observed_units`; the warehouse has typed what the file has not."""
        texts = {field.name: str(row[field.name]) for field in fields(cls)}
        synthetic = texts.pop("synthetic").lower() == "true"
        return cls(**texts, synthetic=synthetic)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The units that a file `units.yml` describes; it states all but `synthetic`.

        Asked often in a refresh, so that the same text is understood once.

        Raises `CatalogueError`, naming the file, for what is no YAML of these keys, a text that is
        empty, a national code that is not six digits, or a level that is none.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise CatalogueError(f"{path}: expected YAML in UTF-8; {error}") from None
        return cls._stated(path, text)

    @classmethod
    @lru_cache(maxsize=16)
    def _stated(cls, path: Path, text: str) -> Self:
        # Not needed by who has no such file.
        import yaml

        try:
            stated = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise CatalogueError(f"{path}: expected YAML in UTF-8; {error}") from None
        keys = [field.name for field in fields(cls)]
        if not isinstance(stated, dict) or {*keys[:-1]} - {*stated} or {*stated} - {*keys}:
            raise CatalogueError(
                f"{path}: expected the keys {', '.join(keys[:-1])}, and synthetic where the "
                "figures are made up"
            )
        for key in keys[:-1]:
            if not isinstance(stated[key], str) or not stated[key].strip():
                raise CatalogueError(
                    f"{path}, {key}: {stated[key]!r}, expected a text; put it in quotation marks"
                )
        if not re.fullmatch("[0-9]{6}", stated["national_code"]):
            raise CatalogueError(
                f"{path}, national_code: {stated['national_code']!r}, expected six digits"
            )
        levels = [level for level in LEVELS if level != OF_NATION]
        if stated["level"] not in levels:
            raise CatalogueError(
                f"{path}, level: {stated['level']!r}, expected one of {', '.join(levels)}"
            )
        if not isinstance(stated.get("synthetic", False), bool):
            raise CatalogueError(
                f"{path}, synthetic: {stated['synthetic']!r}, expected true or false"
            )
        return cls(**stated)

    def worded(self, text: str) -> str:
        """A text of the project, which speaks of provinces, said of these units.

        >>> firms = ObservedUnits("enterprise", "enterprises")
        >>> firms.worded("Provinces, a province-year, provincial sums")
        'Enterprises, an enterprise-year, enterprise sums'
        """
        if self.singular == PROVINCES.singular:
            return text
        return _PROVINCE.sub(self._word, text.replace(*_CENTRES))

    def _word(self, found: re.Match[str]) -> str:
        word = self.plural if found["many"] else self.singular
        article = found["article"] or ""
        if article and word[0].casefold() in _VOWELS:
            article = f"{article[0]}n "
        return article + (word[0].upper() + word[1:] if found["begin"] == "P" else word)


PROVINCES = ObservedUnits()
