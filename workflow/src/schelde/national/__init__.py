"""What national collections ask of the operator, beyond people.tsv and dataset.yaml."""
