"""Files of a sample as they travel: under a pseudonym, and with nothing private in them."""
