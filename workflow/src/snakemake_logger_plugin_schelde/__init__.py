"""The logger plugin `schelde` of Snakemake: the event log of a run, and what is shown of it.

`snakemake --logger schelde` writes logs/events.jsonl in the folder of the run and prints progress
instead of Snakemake's own messages, which stay whole in .snakemake/log/. Errors and warnings of
Snakemake are printed as they are. With --verbose Snakemake prints as ever; in a dry run nothing is
written.
"""

from __future__ import annotations

import sys
from logging import LogRecord
from typing import TYPE_CHECKING, Any

from snakemake_interface_logger_plugins.base import LogHandlerBase

if TYPE_CHECKING:
    from snakemake_logger_plugin_schelde.session import Session

__all__ = ["LogHandler"]


class LogHandler(LogHandlerBase):
    """Hands the records of a run to a `Session`.

    Snakemake imports every plugin whenever it starts, in each job too: all else is imported only
    where there is something to log.
    """

    def __post_init__(self) -> None:
        self._session: Session | None = None
        if not self._idle:
            from snakemake_logger_plugin_schelde.session import Session

            self._session = Session(self.common_settings, shows=self.writes_to_stream)

    @property
    def _idle(self) -> bool:
        """Whether no job is run: in dry runs, and where files are only made new."""
        return self.common_settings.dryrun or "--touch" in sys.argv

    @property
    def writes_to_stream(self) -> bool:
        """Whether it takes the place of Snakemake's own messages."""
        common: Any = self.common_settings
        return not (self._idle or common.verbose or common.debug_dag)

    @property
    def writes_to_file(self) -> bool:
        """It writes to a file, but not one that Snakemake should name as its complete log."""
        return False

    @property
    def has_filter(self) -> bool:
        """The event log has everything, whatever --quiet asks for."""
        return True

    @property
    def has_formatter(self) -> bool:
        """It asks Snakemake's formatter by itself."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """It does not."""
        return False

    def emit(self, record: LogRecord) -> None:
        """Take a record."""
        if self._session is not None:
            self._session.take(record)

    def close(self) -> None:
        """Tell what came of the run; Snakemake calls this when all records are in."""
        if self._session is not None:
            self._session.close()
        super().close()
