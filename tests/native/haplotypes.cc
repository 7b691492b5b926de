// Regions of the windows of a chunk; see window_text.h. With the word `differences`: on stdin
// start, reference and haplotype, out come the reference with the differences put in, and these.
// with: windows.cc spans.cc haplotypes.cc alleles.cc combinations.cc assembly.cc kmers.cc align.cc candidates.cc
#include "align.h"
#include "window_text.h"

using namespace schelde;

namespace {

void print_differences() {
  Pos start;
  std::string reference, haplotype;
  while (std::cin >> start >> reference >> haplotype) {
    const auto found = differences(bases_of(reference), start, bases_of(haplotype));
    std::cout << text_of(with_variants(bases_of(reference), start, found));
    for (const Variant& variant : found) std::cout << ' ' << text_of(variant);
    std::cout << '\n';
  }
}

void print(const Region& region) {
  const Window& window = region.window;
  std::cout << "region " << window.core_start << ' ' << window.core_end << ' ' << window.start
            << ' ' << window.end << '\n';
  for (const Haplotype& haplotype : region.haplotypes) {
    std::cout << "haplotype " << text_of(haplotype.bases);
    for (const uint32_t place : haplotype.variants) {
      std::cout << ' ' << text_of(region.variants.at(place));
    }
    std::cout << '\n';
  }
  for (const RegionRead& read : region.reads) {
    std::cout << "read " << read.read << ' ' << read.from << ' ' << read.to << '\n';
  }
}

}  // namespace

int main(int count, char**) {
  if (count > 1) {
    print_differences();
    return 0;
  }
  const Settings settings;
  const Scene scene = read_scene(std::cin);
  const auto windows = make_windows(scene.chunk, scene.pileup, settings);
  for (const Region& region : build_regions(scene.chunk, windows, settings)) print(region);
}
