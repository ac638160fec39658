#include "Buckets.hpp"

#include <algorithm>

namespace patchbay::guard {
namespace {

Clock::duration perToken(const Allowance& allowance) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{1 / allowance.rate});
}

}  // namespace

Buckets::Buckets(Allowance allowance)
    : each_{perToken(allowance)}, all_{each_ * static_cast<Clock::rep>(allowance.burst)}, places_{Room::ForAll} {}

Clock::duration Buckets::take(const Source& source, Clock::time_point now) {
    Bucket& bucket = places_.of(source, now);
    const Clock::time_point full = std::max(bucket.until, now) + each_;
    if (const auto over = full - now - all_; over > Clock::duration::zero()) return over;
    bucket.until = full;
    return {};
}

}  // namespace patchbay::guard
