// For processors with AVX2 and FMA (Intel since 2013, AMD since 2015).
#if defined(__x86_64__)
#include "data.h"
// From here on; what stands before is shared with files for other processors.
#pragma GCC target("avx2,fma")
#include "pairhmm_lanes.h"

namespace schelde {

const Form kAvx2Form = {sums_of<Lanes<float, int32_t, 8>, 2>,
                        sums_of<Lanes<double, int64_t, 4>, 2>};

}  // namespace schelde
#endif
