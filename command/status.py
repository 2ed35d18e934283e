"""`ami status`: what stands in each dataset. What there is to say is found by `ami.overview`."""

from rich.table import Table
from rich.text import Text

from ami.dataset import known_datasets
from command.console import Terminal
from yearbooks.untrusted import visible


def status() -> None:
    """Show the state of each dataset, and what needs attention."""
    from ami.overview import summarise

    datasets = known_datasets()
    console = Terminal()
    if not datasets:
        console.print("No dataset yet. Start with: [bold]ami refresh[/]")
        return
    for entry in datasets:
        console.print(f"[bold]{entry.name}[/]{' (SYNTHETIC)' if entry.synthetic else ''}")
        facts = Table.grid(padding=(0, 2))
        for heading, words in summarise(entry):
            facts.add_row(f"  {heading}", Text(visible(words)))
        console.print(facts)
