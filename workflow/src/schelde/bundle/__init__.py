"""Bundles: what a run hands to a collection, and the record that all of it follows from."""
