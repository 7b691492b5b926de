// Text forms that drivers share: bases as letters, lists with commas, CIGARs.
#pragma once
#include <sstream>
#include <string>
#include <vector>

#include "data.h"

namespace schelde {

inline Bases bases_of(const std::string& letters) {
  Bases bases;
  for (const char letter : letters) {
    if (letter == '.') continue;  // none
    const size_t code = std::string("ACGT").find(letter);
    bases += code == std::string::npos ? kN : static_cast<uint8_t>(code);
  }
  return bases;
}

inline std::string letters_of(const Bases& bases) {
  std::string letters;
  for (const uint8_t base : bases) letters += "ACGTN"[base];
  return letters;
}

template <class Number>
std::vector<Number> numbers_of(const std::string& text) {
  std::vector<Number> numbers;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    if (part != "." && !part.empty()) numbers.push_back(static_cast<Number>(std::stod(part)));
  }
  return numbers;
}

inline std::vector<CigarOp> cigar_of(const std::string& text) {
  std::vector<CigarOp> cigar;
  std::istringstream parts(text);
  for (CigarOp op; parts >> op.length >> op.op;) cigar.push_back(op);
  return cigar;
}

}  // namespace schelde
