"""
The end of a run: its exit status says whether every sample may go on.

takes: paths.VERDICTS, and report and bundle, which come before it
gives: the list of samples that may go on, or a failure that names the others
"""


rule heed_verdicts:
    """End with an error that names the samples that failed, when all else is done."""
    input:
        rules.report.input,
        rules.bundle.input,
        table=paths.VERDICTS,
    output:
        accepted=paths.ACCEPTED,
    log:
        "logs/heed_verdicts/run.log",
    localrule: True
    conda:
        "../../envs/schelde.yaml"
    threads: job("heed_verdicts").threads
    resources:
        **job("heed_verdicts").resources,
    params:
        code=code_of("verdict"),
    script:
        "../../scripts/heed_verdicts.py"
