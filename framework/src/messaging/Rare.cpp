#include "messaging/Rare.hpp"

#include <memory>

namespace patchbay::messaging {

RareThings& Rare::make() {
    auto fresh = std::make_unique<RareThings>();
    RareThings* other = nullptr;
    if (things_.compare_exchange_strong(other, fresh.get(), std::memory_order_acq_rel)) return *fresh.release();
    return *other;
}

}  // namespace patchbay::messaging
