"""The `ami` command: look at yearbook files, refresh a dataset, see where it stands, open the UI.

The top floor: it may import every package, and nothing imports it. One module a sub-command, which
holds its options and what it prints; what is found out belongs to `ami` and `yearbooks`. A user's
mistake is answered in words, never with a traceback. Dagster, dbt and pandas are imported inside
the functions that need them: `ami --help` must answer at once.
"""

import atexit
import gc
import os

import typer

from command import (
    alerts,
    audit,
    backup,
    diff,
    explain,
    fetch,
    inspect,
    land,
    needs,
    panel_as_of,
    publish,
    quarantine,
    refresh,
    replicate_print,
    restore,
    status,
    template,
    ui,
    vintages,
)
from command.console import failed
from command.exit_codes import ExitCode

app = typer.Typer(
    name="ami",
    help="The Advanced Manufacturing Index of China's provinces, from yearbooks to report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    refresh.refresh,
    land.land,
    inspect.inspect,
    template.template,
    quarantine.quarantine,
    needs.needs,
    replicate_print.replicate_print,
    explain.explain,
    audit.audit,
    vintages.vintages,
    panel_as_of.panel,
    diff.diff,
    backup.backup,
    restore.restore,
    publish.publish,
    status.status,
    ui.ui,
    ui.watch,
):
    app.command()(command)
app.add_typer(alerts.alerts, name="alerts")
app.add_typer(fetch.fetch, name="fetch")


def main() -> None:
    """Entry point of the `ami` script."""
    # Matrices of 31 provinces are so small that a second thread only waits, at full speed.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What a refresh has loaded takes seconds to take apart, and the process ends anyway.
    atexit.register(gc.freeze)
    try:
        # Also where Python was told the module and not the script.
        app(prog_name="ami")
    except BrokenPipeError:  # Of what is printed without a console.
        os._exit(ExitCode.READER_GONE)
    except OSError as error:  # A full disk, or one that may not be written to.
        failed(error)
    except Exception as error:
        # Loaded by whichever command has raised one of these.
        from duckdb import IOException

        from ami.warehouse import WarehouseError

        if not isinstance(error, WarehouseError | IOException):
            raise
        failed(error)
