"""A made-up trio with known truth, to try the workflow on: real sequence, invented people."""

from schelde.demo.project import DemoProject, make_demo
from schelde.demo.table import demo_table

__all__ = ["DemoProject", "demo_table", "make_demo"]
