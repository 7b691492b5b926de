"""What a run does and did: its events, how far it is, what its jobs used."""
