"""Allele frequencies over the people of a dataset, without a word about any one of them."""
