"""Bundles: what a run hands to a national collection, and the record that all of it follows from."""
