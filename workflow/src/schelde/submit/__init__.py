"""Send a verified bundle to an inbox, go on after any break, and prove that it arrived."""

from schelde.submit.command import submit
from schelde.submit.transfer import Summary

__all__ = ["Summary", "submit"]
