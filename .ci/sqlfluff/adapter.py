"""What sqlfluff takes for dbt's adapter: of dispatched macros, those of DuckDB are linted."""

from collections.abc import Callable

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, name: str) -> Callable[..., str]:
    return context[f"default__{name}"]


def quote(name: str) -> str:
    return f'"{name}"'
