// Numbers and bases as text of a VCF, the same under any locale.
#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "data.h"

namespace schelde {

inline void add(std::string& text, int64_t number) {
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// With so many decimals, and never as a negative zero.
inline void add(std::string& text, double number, int decimals) {
  char digits[400];
  const char* end =
      std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed, decimals).ptr;
  const char* first = digits;
  if (*first == '-' && std::all_of(first + 1, end, [](char c) { return c == '0' || c == '.'; })) {
    first++;
  }
  text.append(first, end);
}

template <class Numbers>
inline void add_all(std::string& text, const Numbers& numbers, char between) {
  for (size_t i = 0; i < numbers.size(); i++) {
    if (i) text += between;
    add(text, static_cast<int64_t>(numbers[i]));
  }
}

inline void add(std::string& text, const Bases& bases) {
  for (const uint8_t base : bases) text += "ACGTN"[std::min(base, kN)];
}

inline void add_field(std::string& text, const char* name, double value, int decimals) {
  if (std::isnan(value)) return;
  text += name;
  add(text, value, decimals);
}

}  // namespace schelde
