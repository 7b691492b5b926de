"""Documents of a bundle, each written from its record alone."""
