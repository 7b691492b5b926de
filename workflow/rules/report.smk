"""
Numbers of all samples to tables and one page.

takes: paths.LANE_FASTP, paths.DUPLICATES, paths.SAMTOOLS_STATS, paths.BCFTOOLS_STATS,
       paths.READ_METRICS, paths.SAMPLE_QC, paths.VERDICT, paths.PAIRS
gives: paths.MULTIQC and its data, tables of samples, lanes and libraries, versions of tools
"""

from snakemake import __version__ as SNAKEMAKE_VERSION

from schelde.methods import run_of
from schelde.report import sources
from schelde.versions import IN_CONTAINERS, tools_of


report: "../report/workflow.rst"


RUN = run_of(SETTINGS, SHEET, GATE)
TOOLS = tools_of(SETTINGS)
# Where rules run in environments, their pins tell the versions; the tools on PATH are others.
TOOL_ENVS = [
    workflow.source_path(f"../../envs/{tool}.yaml")
    for tool in [*TOOLS, "multiqc"]
    if workflow.deployment_settings.deployment_method and tool not in IN_CONTAINERS
]


rule tool_versions:
    """Ask the tools of the run for their versions, again when they made something anew."""
    input:
        run_sources,
        envs=TOOL_ENVS,
    output:
        versions=paths.VERSIONS,
    log:
        "logs/tool_versions/run.log",
    localrule: True
    conda:
        "../../envs/schelde.yaml"
    threads: job("tool_versions").threads
    resources:
        **job("tool_versions").resources,
    params:
        tools=TOOLS,
        snakemake=SNAKEMAKE_VERSION,
        code=code_of("versions"),
    script:
        "../../scripts/tool_versions.py"


rule write_tables:
    """Put the numbers of all samples into tables."""
    input:
        run_sources,
    output:
        samples=report("results/report/samples.tsv", "../report/samples.rst", category="Run"),
        lanes=report("results/report/lanes.tsv", "../report/lanes.rst", category="Run"),
        libraries=report("results/report/libraries.tsv", "../report/libraries.rst", category="Run"),
    log:
        "logs/write_tables/run.log",
    localrule: True
    conda:
        "../../envs/schelde.yaml"
    threads: job("write_tables").threads
    resources:
        **job("write_tables").resources,
    params:
        run=RUN,
        code=code_of("report"),
    script:
        "../../scripts/write_tables.py"


rule write_report:
    """Write one page about the run, with a row per sample."""
    input:
        run_sources,
        tables=rules.write_tables.output,
        versions=rules.tool_versions.output.versions,
        options=workflow.source_path("../../resources/multiqc.yaml"),
    output:
        page=report(paths.MULTIQC, caption="../report/multiqc.rst", category="Run"),
        data=directory("results/report/multiqc_data"),
    log:
        "logs/write_report/run.log",
    group:
        job("write_report").group
    conda:
        "../../envs/multiqc.yaml"
    threads: job("write_report").threads
    resources:
        **job("write_report").resources,
    params:
        run=RUN,
        code=code_of("report"),
    script:
        "../../scripts/write_report.py"
