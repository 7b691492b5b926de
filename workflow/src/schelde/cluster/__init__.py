"""What is asked of a scheduler beside Snakemake: jobs left behind, and why a job ended."""
