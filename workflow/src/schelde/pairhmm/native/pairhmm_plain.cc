// For every processor; a compiler makes vectors of it where all processors of the kind have them.
#include "pairhmm_lanes.h"

namespace schelde {

const Form kPlainForm = {sums_of<Lanes<float, int32_t, 4>, 2>,
                         sums_of<Lanes<double, int64_t, 2>, 2>};

}  // namespace schelde
