// Numbers that are too small to be normal count as nothing.
#pragma once
#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#elif !defined(__aarch64__)
#error "how numbers that are too small count as nothing is known for x86-64 and 64-bit ARM only"
#endif

namespace schelde {

// While it lives, this thread takes subnormal numbers for zero, as the GPU does (-ftz=true); they
// also cost hundreds of cycles.
class FlushToZero {
 public:
  FlushToZero() : before_(control()) { set_control(before_ | kFlush); }
  ~FlushToZero() { set_control(before_); }
  FlushToZero(const FlushToZero&) = delete;
  FlushToZero& operator=(const FlushToZero&) = delete;

 private:
#if defined(__x86_64__)
  using Control = unsigned;
  static constexpr Control kFlush = 0x8040;  // of results (FTZ) and of operands (DAZ)
  static Control control() { return _mm_getcsr(); }
  static void set_control(Control value) { _mm_setcsr(value); }
#else
  using Control = uint64_t;
  static constexpr Control kFlush = uint64_t{1} << 24;  // FPCR.FZ: both
  static Control control() {
    Control value;
    asm volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void set_control(Control value) { asm volatile("msr fpcr, %0" : : "r"(value)); }
#endif
  Control before_;
};

}  // namespace schelde
