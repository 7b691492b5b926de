"""
A bundle to an inbox.

takes: the bundle around paths.MANIFEST; secrets of the inbox from the environment
gives: paths.SUBMITTED, and beside the bundle a receipt for each file
"""


rule submit_bundle:
    """Send the bundle to its inbox; begun again, it goes on where it was."""
    input:
        manifest=paths.MANIFEST,
    output:
        summary=paths.SUBMITTED,
    log:
        "logs/submit_bundle/{dataset}.log",
    localrule: True
    conda:
        "../../envs/schelde.yaml"
    threads: job("submit_bundle").threads
    resources:
        **job("submit_bundle").resources,
    params:
        to=SETTINGS.submit.to,
        code=code_of("submit.command"),
    script:
        "../../scripts/submit_bundle.py"
