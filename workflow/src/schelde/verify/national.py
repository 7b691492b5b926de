"""Checks of the packages for national collections; each only where the bundle has one."""

from __future__ import annotations

from schelde.verify import ghga, grz
from schelde.verify.rule import Rule

RULES: tuple[Rule, ...] = (*ghga.RULES, *grz.RULES)
