"""Tells a person at the terminal how far a run is. Knows Dagster's events, not what they mean."""

import logging
from collections.abc import Callable

import dagster as dg


def progress_logger(on_event: Callable[[dg.DagsterEvent], None]) -> dg.LoggerDefinition:
    """A Dagster logger that hands every event of a run to `on_event` as it happens."""

    class EventHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            event = getattr(record, "dagster_meta", {}).get("dagster_event")
            if event is not None:
                on_event(event)

    @dg.logger
    def progress(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("ami.progress", level=logging.DEBUG)
        logger.addHandler(EventHandler())
        return logger

    return progress
