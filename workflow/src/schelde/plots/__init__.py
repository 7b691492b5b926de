"""Sections of the report about quality: drawings, curves and tables, as MultiQC takes them."""
