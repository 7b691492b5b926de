// Constants of the caller, each with where it is from. GATK: version 4.6.2.0, defaults of
// HaplotypeCaller.
#pragma once
#include <cstdint>

namespace schelde {

struct Settings {
  // Reads: GATK's MappingQualityReadFilter and --min-base-quality-score; at most this many reads
  // begin at one position (--max-reads-per-alignment-start).
  uint8_t least_mapq = 20;
  uint8_t least_base_quality = 10;
  uint32_t reads_per_start = 50;
  // Bases at a read's ends that are worse are taken off (--min-tail-quality of the assembler).
  uint8_t tail_quality = 9;
  // Mates that cover a position agree: both have at most this quality; else both have none
  // (FragmentUtils: half of the PCR error rate of 40).
  uint8_t mate_quality = 20;

  // Candidates: least number of reads, and of reads in proportion to those at the position.
  uint32_t least_reads = 2;
  double least_fraction = 0.05;

  // Windows (bp): candidates as near as this are one window; longest core; what haplotypes have
  // on each side of the core, at least, beyond the end of any repeat there.
  int64_t merge_distance = 25;
  int64_t longest_core = 300;
  int64_t flank = 20;

  // Haplotypes of one window at most, the reference among them; k of the local assembly.
  uint32_t most_haplotypes = 32;
  uint32_t kmer = 25;

  // Pair-HMM: gap continuation; cap of insertion and deletion openings; caps of base qualities
  // (PairHMMLikelihoodCalculationEngine, LikelihoodEngineArgumentCollection).
  uint8_t gap_continuation = 10;
  uint8_t gap_opening = 45;
  uint8_t usable_base_quality = 18;  // below it a base has quality 6
  double pcr_factor = 3;             // --pcr-indel-model CONSERVATIVE; 0: none, for PCR-free
  // log10: no haplotype is further below the best of a read than this (Q45 of a wrong mapping).
  double mismapping_cap = 4.5;
  // log10 for each expected error of a read that no haplotype explains; 0.02 errors a base, at
  // most 2 (GATK: filterPoorlyModeledEvidence).
  double error_likelihood = -4.0;
  double errors_per_base = 0.02;
  double most_errors = 2;

  // Genotypes: heterozygosity of SNPs and indels, its standard deviation (HomoSapiensConstants).
  double snp_heterozygosity = 1e-3;
  double indel_heterozygosity = 1.25e-4;
  double heterozygosity_deviation = 0.01;
  uint32_t most_alternates = 6;  // --max-alternate-alleles
  int64_t allele_margin = 2;     // bp around an allele that a read must overlap
  double informative = 0.2;      // log10 between best and next for a read to count in AD

  // Reference confidence (ReferenceConfidenceModel).
  uint8_t reference_base_quality = 6;   // a base must be above it
  uint8_t deletion_quality = 30;
  double indel_error = -4.5;            // log10
  uint32_t most_indel_reads = 40;
  int64_t longest_indel = 10;           // bp that an unseen indel may have

  // Least QUAL of a variant in the gVCF; what filters ask for is not decided here.
  double least_qual = 1;
};

}  // namespace schelde
