"""Check a bundle as a stranger would: nothing but the bundle, no network, no run."""
