"""
Input functions and parameters of rules, stage by stage; the work is done in the package.

takes: SETTINGS, SHEET, ASSEMBLY and the names of common.smk
gives: functions of wildcards
"""

# reference


def genome_address(wildcards):
    """Where the public finds the genome; None for a user's own that we do not know."""
    own = SETTINGS.reference
    return public_address(REFERENCES, own.name, own.fasta, own.md5)


def fetched_size(wildcards):
    return REFERENCES[SETTINGS.reference.name].size


def piece_sources(wildcards):
    """What the pieces of a design are cut from."""
    sources = {"fai": paths.GENOME_FAI, "gaps": paths.GAPS}
    if wildcards.design != "wgs":
        sources["targets"] = expand(paths.TARGETS, design=wildcards.design)[0]
    return sources


def targets_of_design(wildcards):
    """The user's BED of a design."""
    for person in SHEET.people:
        if person.targets and person.design == wildcards.design:
            return person.targets
    raise ValueError(f"no person has targets named '{wildcards.design}'")


# reads


def lane_of(wildcards):
    return SHEET.lane(wildcards.sample, wildcards.lane)


def lane_sources(wildcards):
    return asdict(source_reads(lane_of(wildcards)))


def lane_reads(wildcards):
    reads = trimmed_reads if SETTINGS.reads.trim else source_reads
    return asdict(reads(lane_of(wildcards)))


def lane_alignment(wildcards):
    return lane_of(wildcards).alignment


def lane_read_group(wildcards):
    return lane_of(wildcards).read_group


def lane_extracted(wildcards):
    if lane_alignment(wildcards):
        return {"extracted": EXTRACTED_COUNT}
    return {}


# align


def lane_facts(wildcards):
    """A lane as a parameter: what of it decides the records, not where it stands in the sheet."""
    return lane_of(wildcards).facts()


def sample_lane_facts(wildcards):
    return [lane.facts() for lane in SHEET.lanes_of(wildcards.sample)]


def sample_bams(wildcards):
    names = [lane.name for lane in SHEET.lanes_of(wildcards.sample)]
    by_gpu = SETTINGS.align.aligner == "parabricks"
    bam = "results/align/{sample}/{lane}.parabricks.bam" if by_gpu else paths.LANE_BAM
    return expand(bam, sample=wildcards.sample, lane=names)


def sample_proofs(wildcards):
    names = [lane.name for lane in SHEET.lanes_of(wildcards.sample)]
    return expand(paths.LANE_PROOF, sample=wildcards.sample, lane=names)


# measure


def qc_files(wildcards):
    """The user's files for quality control, as far as there are any."""
    files = {"panel": PANEL_FILES, "regions": SETTINGS.qc.regions}
    return {name: found for name, found in files.items() if found}


def any_pairs(wildcards):
    """Whether any lane of a sample has pairs; BAM and CRAM are taken to."""
    return any(lane.paired for lane in SHEET.lanes_of(wildcards.sample))


# call


def design_of(wildcards):
    return SHEET.person(wildcards.sample).design


def is_exome(wildcards):
    return design_of(wildcards) != "wgs"


def deepvariant_model(wildcards):
    """The model that DeepVariant has for the assay of a sample."""
    return "WES" if is_exome(wildcards) else "WGS"


def design_pieces(wildcards):
    return expand(paths.PIECES, design=design_of(wildcards))[0]


def person_facts(wildcards):
    """A person as a parameter: what of it decides the records."""
    person = SHEET.person(wildcards.sample)
    return {"sample": person.sample, "sex": str(person.sex)}


def sex_source(wildcards):
    """Where the sex that is called for is read from; nothing when people.tsv decides."""
    return {"metrics": paths.READ_METRICS} if SETTINGS.call.sex == "inferred" else {}


def piece_sources_of(wildcards):
    """What any caller is given of a sample; files of one job are named by one of them."""
    sources = {"cram": paths.CRAM, "facts": paths.GENOME_FACTS, "pieces": design_pieces(wildcards)}
    return sources | sex_source(wildcards)


def gatk_models(wildcards):
    models = {}
    if SETTINGS.call.bqsr:
        models["recalibration"] = paths.RECALIBRATION
    if SETTINGS.call.dragen:
        models["dragstr"] = paths.DRAGSTR
    return models


def known_site_options(wildcards):
    return [word for file in SETTINGS.reference.known_sites for word in ("--known-sites", file)]


def piece_gvcfs(wildcards):
    """The gVCFs that the caller made of the pieces of a sample, in their order."""
    stem = f"results/call/{wildcards.sample}/{SETTINGS.call.caller}/{{piece}}.g.vcf.gz"
    return {
        "gvcfs": expand(stem, piece=PIECES),
        "indexes": expand(f"{stem}.tbi", piece=PIECES),
    }


def exact_targets(wildcards):
    """The targets that a sample's variants are reported in; none for a whole genome."""
    design = design_of(wildcards)
    return {} if design == "wgs" else {"targets": expand(paths.TARGETS, design=design)[0]}


# qc


def whole_person_facts(wildcards):
    return SHEET.person(wildcards.sample).facts()


def sample_fastps(wildcards):
    names = [lane.name for lane in SHEET.lanes_of(wildcards.sample)]
    return expand(paths.LANE_FASTP, sample=wildcards.sample, lane=names)


def other_contamination(wildcards):
    return {} if SETTINGS.qc.contamination == "schelde" else {"contamination": paths.CONTAMINATION}


# package


def sender_and_targets(wildcards):
    """The secret key to seal with, if the user has one, and the targets of an exome."""
    sender = {"sender": SETTINGS.bundle.sender} if SETTINGS.bundle.sender else {}
    return sender | exact_targets(wildcards)


def sample_quality(wildcards):
    """What quality control tells of a sample."""
    return {"ga4gh": paths.GA4GH_QC, "metrics": paths.SAMPLE_QC, "verdict": paths.VERDICT}


def sample_read_groups(wildcards):
    """IDs of a sample's read groups in its CRAM, in the order of its lanes."""
    return [read_group_id(lane) for lane in SHEET.lanes_of(wildcards.sample)]


# bundle


def bundle_frequencies(wildcards):
    return {"frequencies": paths.FREQUENCIES} if SETTINGS.bundle.frequencies else {}


def national_files(wildcards):
    """What national collections ask for beyond all others, as far as they are asked for."""
    asked = [name for name in ("ghga", "grz") if name in SETTINGS.bundle.targets]
    return {name: getattr(SETTINGS.bundle, name) for name in asked}


def admitted_members(wildcards):
    """What is declared about everyone who may come into the bundle."""
    found = []
    for sample in ADMITTED:
        facts, consent = INPUTS.member_facts(sample)
        person = SHEET.person(sample).facts()
        found.append([person, facts.model_dump(mode="json"), consent.model_dump(mode="json")])
    return found


def left_out_reasons(wildcards):
    """Who is left out of the bundle, and why, as plain text."""
    return {sample: str(reason) for sample, reason in INPUTS.gate.left_out.items()}


# all samples
#
# Functions, which only the job that needs them asks: lists in the rules themselves would be made
# anew by the Snakemake of each job, and cost it 0.6 s with 1,000 samples.


def all_alignments(wildcards):
    return expand([paths.CRAM, paths.CRAI, paths.CRAM_MD5], sample=SHEET.samples)


def all_calls(wildcards):
    return expand([paths.GVCF, paths.GVCF_TBI, paths.VCF, paths.VCF_TBI], sample=SHEET.samples)


def all_quality(wildcards):
    return expand([paths.GA4GH_QC, paths.SAMPLE_QC], sample=SHEET.samples)


def all_metrics(wildcards):
    return expand(paths.SAMPLE_QC, sample=SHEET.samples)


def all_panel_counts(wildcards):
    return expand(paths.PANEL_COUNTS, sample=SHEET.samples)


def run_sources(wildcards):
    """What the report is made from."""
    return sources(RUN)


def admitted_files(wildcards):
    return {"sealed": expand(paths.SEALED, sample=ADMITTED)}


def admitted_calls(wildcards):
    """What alleles are counted in."""
    files = {
        "vcfs": paths.VCF,
        "vcf_indexes": paths.VCF_TBI,
        "gvcfs": paths.GVCF,
        "gvcf_indexes": paths.GVCF_TBI,
    }
    return {name: expand(file, sample=ADMITTED) for name, file in files.items()}
