#include "trace.h"

#include <cstdio>

namespace schelde {
namespace {

std::string letters(const uint8_t* bases, size_t length) {
  if (length == 0) return "-";
  std::string text(length, 'N');
  for (size_t i = 0; i < length; i++) text[i] = "ACGTN"[bases[i]];
  return text;
}

std::string letters(const Bases& bases) { return letters(bases.data(), bases.size()); }

std::string phred(const uint8_t* quals, size_t length) {
  std::string text(length, '!');
  for (size_t i = 0; i < length; i++) text[i] = static_cast<char>('!' + quals[i]);
  return text;
}

std::string words(const Variant& variant) {
  return std::to_string(variant.pos) + '\t' + std::to_string(variant.removed) + '\t' +
         letters(variant.inserted);
}

void add_reads(const Chunk& chunk, const Region& region, const Batch& batch,
               const std::vector<double>& likelihoods, std::string& out) {
  const size_t haplotypes = region.haplotypes.size();
  for (size_t r = 0; r < region.reads.size(); r++) {
    const size_t pair = region.first_pair + r * haplotypes;
    const Pair& row = batch.pairs[pair];
    out += "R\t" + std::to_string(r) + '\t' +
           std::to_string(chunk.reads[region.reads[r].read].start) + '\t' +
           letters(&batch.bases[row.read_offset], row.read_length) + '\t' +
           phred(&batch.quals[row.read_offset], row.read_length) + '\t' +
           phred(&batch.insertion[row.read_offset], row.read_length);
    for (size_t h = 0; h < haplotypes; h++) {
      char number[32];
      std::snprintf(number, sizeof number, "%c%.4f", h ? ',' : '\t', likelihoods[pair + h]);
      out += number;
    }
    out += '\n';
  }
}

}  // namespace

std::string trace(const Chunk& chunk, const Pileup& pileup, const std::vector<Region>& regions,
                  const Batch& batch, const std::vector<double>& likelihoods) {
  std::string out;
  for (const Candidate& one : pileup.candidates)
    out += "C\t" + chunk.contig + '\t' + words(one.variant) + '\t' + std::to_string(one.reads) +
           '\t' + std::to_string(one.depth) + '\n';
  for (const Breakpoint& one : pileup.breakpoints)
    out += "B\t" + chunk.contig + '\t' + std::to_string(one.pos) + '\t' +
           std::to_string(one.reads) + '\n';
  for (const Region& region : regions) {
    const Window& window = region.window;
    out += "W\t" + chunk.contig;
    for (Pos pos : {window.core_start, window.core_end, window.start, window.end})
      out += '\t' + std::to_string(pos);
    out += window.assemble ? "\t1\n" : "\t0\n";
    for (size_t v = 0; v < region.variants.size(); v++)
      out += "V\t" + std::to_string(v) + '\t' + words(region.variants[v]) + '\n';
    for (size_t h = 0; h < region.haplotypes.size(); h++) {
      const Haplotype& haplotype = region.haplotypes[h];
      out += "H\t" + std::to_string(h) + '\t' + letters(haplotype.bases) + '\t';
      if (haplotype.variants.empty()) out += '-';
      for (size_t i = 0; i < haplotype.variants.size(); i++)
        out += (i ? "," : "") + std::to_string(haplotype.variants[i]);
      out += '\n';
    }
    add_reads(chunk, region, batch, likelihoods, out);
  }
  return out;
}

}  // namespace schelde
