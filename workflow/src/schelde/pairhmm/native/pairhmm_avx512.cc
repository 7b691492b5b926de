// For processors with AVX-512 (Intel servers since 2017, AMD since 2022).
#if defined(__x86_64__)
#include "data.h"
// From here on; what stands before is shared with files for other processors.
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,prefer-vector-width=512")
#include "pairhmm_lanes.h"

namespace schelde {

const Form kAvx512Form = {sums_of<Lanes<float, int32_t, 16>, 4>,
                          sums_of<Lanes<double, int64_t, 8>, 4>};

}  // namespace schelde
#endif
