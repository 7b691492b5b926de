#include "genotypes.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace schelde {

Genotypes::Genotypes(size_t alleles, int copies) : copies_(static_cast<size_t>(copies)) {
  if (copies < 1 || alleles < 1) throw std::runtime_error("a genotype without copies or alleles");
  std::vector<uint16_t> now(copies_, 0);
  while (true) {
    double orders = 0;
    for (size_t i = 0, run = 0; i < copies_; i++) {
      run = i > 0 && now[i] == now[i - 1] ? run + 1 : 1;
      orders += std::log10(static_cast<double>(i + 1)) - std::log10(static_cast<double>(run));
    }
    if (now.back() + size_t{1} < alleles) without_last_++;
    alleles_.insert(alleles_.end(), now.begin(), now.end());
    log10_orders_.push_back(orders);
    size_t i = 0;
    while (i + 1 < copies_ && now[i] == now[i + 1]) i++;
    if (now[i] + size_t{1} == alleles) return;
    now[i]++;
    std::fill(now.begin(), now.begin() + static_cast<std::ptrdiff_t>(i), 0);
  }
}

bool Genotypes::has(size_t genotype, uint16_t allele) const {
  return std::find(begin(genotype), end(genotype), allele) != end(genotype);
}

}  // namespace schelde
