// Cut and windows of a chunk; see window_text.h.
// with: windows.cc cuts.cc spans.cc
#include "window_text.h"

using namespace schelde;

int main() {
  const Settings settings;
  Scene scene = read_scene(std::cin);
  const Cut cut = cut_of(scene.chunk, scene.pileup, settings);
  std::cout << "cut " << cut.begin << ' ' << cut.end << '\n';
  scene.chunk.start = cut.begin;
  scene.chunk.end = cut.end;
  for (const Window& window : make_windows(scene.chunk, scene.pileup, settings)) {
    std::cout << "window " << window.core_start << ' ' << window.core_end << ' ' << window.start
              << ' ' << window.end << ' ' << window.assemble << ' ' << window.copies;
    for (const Variant& variant : window.variants) std::cout << ' ' << text_of(variant);
    std::cout << '\n';
  }
}
