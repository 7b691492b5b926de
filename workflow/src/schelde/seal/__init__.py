"""Seal files with Crypt4GH (GA4GH, version 1) to the public keys of those who may read them."""

from __future__ import annotations

import logging

# The library writes secret and session keys to its loggers, and every packet that is meant for
# another recipient as an error.
logging.getLogger("crypt4gh").setLevel(logging.CRITICAL + 1)
