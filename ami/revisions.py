"""What changed between two vintages, and why: the revision report."""

import json
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from ami.counterfactuals import STEPS, compute_states, reading
from ami.revised_estimates import revised_estimates
from ami.revision_queries import INPUTS, VALUES
from ami.vintage_store import NO_VINTAGE, Vintage, VintageError, list_vintages, recipe_of
from analysis.variables import INDICES


@dataclass(frozen=True, eq=False)
class Revision:
    """What changed from vintage `old` to vintage `new`.

    inputs: one row for each figure and cause: cause, item_code, item, unit, province_code,
        province, year, old_value, new_value, old_edition, new_edition, old_edition_printed and
        new_edition_printed (blank where the file states none), old_file, new_file, new_sheet,
        new_row, new_column, new_printed. In the item's canonical unit; null where the figure was
        not there or is not any more.
    values: one row for each variable, province and year that moved: variable, province_code,
        province, year, old_value, new_value, change, a part of it for each of `STEPS`, old_rank,
        new_rank, rank_change, and its parts `rank_<step>`; `came_with` or `went_with`: the cause
        with which a value appeared or disappeared, where there is no change to part.
    estimates: one row for each coefficient of interest that moved: see `revised_estimates`.
    new_indicators, gone_indicators: what the index is made of now and was not, and the reverse.
    """

    old: Vintage
    new: Vintage
    inputs: pd.DataFrame
    values: pd.DataFrame
    estimates: pd.DataFrame
    new_indicators: tuple[str, ...] = ()
    gone_indicators: tuple[str, ...] = ()

    @property
    def changed_options(self) -> dict[str, tuple[str, str]]:
        """Options that differ: name -> old and new value."""
        before, after = self.old.options, self.new.options
        return {name: (before[name], after[name]) for name in before if before[name] != after[name]}

    @property
    def moved(self) -> pd.DataFrame:
        """The rows of `values` that both vintages have, the largest changes of each first."""
        rows = self.values[self.values["change"].notna()]
        return rows.sort_values("change", key=lambda change: -change.abs(), kind="stable")

    def what_arrived(self) -> list[str]:
        """How many inputs changed for each cause, in words; empty where none did."""
        words = {
            "changed_composition": "{} of indicators new or gone",
            "revised_input": "{} revised",
            "new_coverage": "{} of new coverage",
            "new_year": "{} of a new year",
            "changed_option": "{} by a changed option",
        }
        counted = self.inputs["cause"].value_counts()
        return [
            words[step].format(_counted(int(counted[step]), "input"))
            for step in STEPS
            if step in counted
        ]

    @property
    def composition(self) -> str:
        """That the index is made of other indicators, in words; empty where it is not."""
        named = {"new": self.new_indicators, "gone": self.gone_indicators}
        which = [f"{word}: {', '.join(names)}" for word, names in named.items() if names]
        if not which:
            return ""
        return (
            f"THE INDEX IS MADE OF OTHER INDICATORS, {self.old.n_indicators} before and "
            f"{self.new.n_indicators} now ({'; '.join(which)}), so that its values before and now "
            "do not measure the same"
        )

    def summary(self) -> str:
        """What changed, in one sentence; a change of composition first."""
        parts = [self.composition] if self.composition else []
        parts += self.what_arrived() or ["no input changed"]
        indices = self.values[self.values["variable"].isin(INDICES)]
        for name, rows in indices.groupby("variable", sort=False):
            moved = rows[rows["change"].notna()]
            if len(moved):
                n_ranks = _counted(int((moved["rank_change"] != 0).sum()), "rank")
                parts.append(f"{_counted(len(moved), 'value')} of {name} moved with {n_ranks}")
            for column, word in (("came_with", "new"), ("went_with", "gone")):
                if n := int(rows[column].notna().sum()):
                    parts.append(f"{_counted(n, 'value')} of {name} {word}")
        if indices.empty:
            parts.append("no value of the index moved")
        if n := int(self.estimates["change"].notna().sum()):
            parts.append(f"{_counted(n, 'coefficient')} moved")
        return f"against vintage {self.old.vintage}: {', '.join(parts)}"

    def as_json(self, dataset: str, *, synthetic: bool) -> str:
        """The whole of it, for programs."""

        def plain(vintage: Vintage) -> dict[str, object]:
            return asdict(vintage) | {"published_at": f"{vintage.published_at.isoformat()}Z"}

        def rows(frame: pd.DataFrame) -> list[dict[Hashable, object]]:
            return frame.astype(object).where(frame.notna(), None).to_dict("records")

        whole = {
            "dataset": dataset,
            "is_synthetic": synthetic,
            "old": plain(self.old),
            "new": plain(self.new),
            "causes_in_order": STEPS,
            "new_indicators": self.new_indicators,
            "gone_indicators": self.gone_indicators,
            "inputs": rows(self.inputs),
            "values": rows(self.values),
            "estimates": rows(self.estimates),
        }
        return json.dumps(whole, ensure_ascii=False, indent=1)


def compare(database: Path, old: int | None = None, new: int | None = None) -> Revision:
    """What changed between two vintages of the warehouse `database`, the last two if not named.

    They are put in the order of their numbers. Raises `VintageError` where a vintage is not there,
    where there is only one, and where the statements of one no longer run.
    """
    with reading(database) as connection:
        before, after = _chosen(list_vintages(connection), old, new)
        recipes = [recipe_of(connection, vintage.recipe) for vintage in (before, after)]
        compute_states(connection, before, after, *recipes)
        composition = connection.execute("from composition order by all").fetchall()
        return Revision(
            before,
            after,
            inputs=_with_whole_numbers(connection.execute(INPUTS).df()),
            values=_with_whole_numbers(connection.execute(VALUES).df()),
            estimates=revised_estimates(connection, before, after),
            new_indicators=tuple(name for name, is_new in composition if is_new),
            gone_indicators=tuple(name for name, is_new in composition if not is_new),
        )


def _chosen(vintages: list[Vintage], old: int | None, new: int | None) -> tuple[Vintage, Vintage]:
    named = [_known(vintages, number) for number in (old, new) if number is not None]
    last = vintages[-2:]
    if len(last) < 2:
        raise VintageError(
            "there is only one vintage, so nothing to compare it with; the next refresh that "
            "changes a mart makes another"
            if last
            else NO_VINTAGE
        )
    if len(named) < 2:
        # One that is named is compared with the last.
        named = [*named, last[-1]] if named else last
    one, other = sorted(named, key=lambda vintage: vintage.vintage)
    if one == other:
        raise VintageError(f"vintage {one.vintage} does not differ from itself: name two")
    return one, other


def _known(vintages: list[Vintage], number: int) -> Vintage:
    for vintage in vintages:
        if vintage.vintage == number:
            return vintage
    there = ", ".join(str(vintage.vintage) for vintage in vintages)
    raise VintageError(
        f"there is no vintage {number}; there is: {there}" if vintages else NO_VINTAGE
    )


def _with_whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Years, ranks, editions and rows as integers, also where some are missing."""
    whole = frame.columns.str.contains(r"rank|edition$|row$|^year$")
    return frame.astype(dict.fromkeys(frame.columns[whole], "Int64"))


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
