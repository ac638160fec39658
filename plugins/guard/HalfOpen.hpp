#pragma once
// Connections that have still to ask for something, in all and of each source: whoever has too many gets no more of them.

#include "NodeMemory.hpp"
#include "Source.hpp"

#include <patchbay/hooks.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace patchbay::guard {

/// Thread: any. As much as there are such connections, in memory that goes round.
class HalfOpen final : public ConnectionListener {
public:
    /// How many there may be; 0: without a limit.
    HalfOpen(std::size_t most, std::size_t mostOfAddress) : most_{most}, mostOfAddress_{mostOfAddress} {}

    bool accepted(std::string_view address) override {
        const auto source = Source::of(address);
        const std::lock_guard guard{lock_};
        if (most_ != 0 && all_ >= most_) return false;
        if (source) {
            std::size_t& here = bySource_[*source];
            if (mostOfAddress_ != 0 && here >= mostOfAddress_) return false;
            ++here;
        }
        ++all_;
        return true;
    }
    void asked(std::string_view address) noexcept override {
        const auto source = Source::of(address);
        const std::lock_guard guard{lock_};
        --all_;
        if (!source) return;
        const auto place = bySource_.find(*source);
        if (place != bySource_.end() && --place->second == 0) bySource_.erase(place);
    }

private:
    const std::size_t most_, mostOfAddress_;
    std::mutex lock_;  // guards what follows
    std::size_t all_ = 0;
    using Memory = NodeMemory<std::pair<const Source, std::size_t>>;
    SpareNodes spare_;
    std::unordered_map<Source, std::size_t, SourceHash, std::equal_to<>, Memory> bySource_{Memory{spare_}};
};

}  // namespace patchbay::guard
