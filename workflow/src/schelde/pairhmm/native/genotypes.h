// Genotypes of a site in the order in which VCF lists them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace schelde {

// Every way to have `copies` of `alleles`: in VCF's order, 0/0, 0/1, 1/1, 0/2 ...
class Genotypes {
 public:
  Genotypes(size_t alleles, int copies);
  size_t size() const { return log10_orders_.size(); }
  // The alleles of a genotype, as many as there are copies, in ascending order.
  const uint16_t* begin(size_t genotype) const { return &alleles_[genotype * copies_]; }
  const uint16_t* end(size_t genotype) const { return begin(genotype) + copies_; }
  // How many, from the first on, do not have the last allele.
  size_t without_last() const { return without_last_; }
  bool has(size_t genotype, uint16_t allele) const;
  // log10 of the number of orders in which the copies may carry the alleles.
  double log10_orders(size_t genotype) const { return log10_orders_[genotype]; }

 private:
  size_t copies_;
  size_t without_last_ = 0;
  std::vector<uint16_t> alleles_;
  std::vector<double> log10_orders_;
};

}  // namespace schelde
