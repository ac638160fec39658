#pragma once
// The newest publications of a topic with history, as they were delivered: batches, which hold what carriers have made of them. Whoever
// comes back gets runs of them, and ten thousand who come back share one encoding, and at most one read of the store.
//
//      the store only │ what a read has brought │ what was published since the topic is here
//      ───────────────┼─────────────────────────┴────────────────────────────────▶ offsets
//      floor()        first()                                                 last()
//
// From first() to last() there is no hole. Below floor() nothing can be had.

#include "messaging/Broadcast.hpp"

#include <patchbay/store.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace patchbay::messaging {

/// Messages of a batch that stand one behind the other.
struct Excerpt {
    std::shared_ptr<Broadcast> batch;
    std::size_t first;
    std::size_t last;  ///< behind it
};

/// Thread: one at a time.
class RecentPublications {
public:
    /// Units: bytes, as queues count them.
    static constexpr std::size_t kMostBytes = std::size_t{256} << 10, kMostBytesWhileRead = std::size_t{4} << 20;

    /// The topic stands at `last`, and nothing of it is here.
    void begin(std::uint64_t last) noexcept;
    /// `batch` has got the publication behind the last, so many bytes.
    void add(const std::shared_ptr<Broadcast>& batch, std::size_t bytes);
    /// What a read has brought, of `topic`; what is here already is left out, and where it leaves a hole all of it.
    void addRead(const Slice& slice, const std::shared_ptr<Topic>& topic, MemoryBudget& memory);
    /// Gives up the oldest until no more than so much is left, but for the newest batch.   Units: bytes.
    void keep(std::size_t bytes) noexcept;

    std::uint64_t first() const noexcept { return batches_.empty() ? last_ + 1 : batches_.front().first; }
    std::uint64_t last() const noexcept { return last_; }
    std::uint64_t floor() const noexcept { return floor_; }
    /// Whether no read could bring more of what comes behind `after`.
    bool has(std::uint64_t after) const noexcept { return first() <= after + 1 || first() <= floor_; }

    /// What is here of what comes behind `after`.
    std::vector<Excerpt> since(std::uint64_t after) const;
    /// Of these the newest of each key.
    static std::vector<Excerpt> newestOfKeys(const std::vector<Excerpt>& runs);
    /// Gives up the oldest until no more than so much is left.   Units: bytes of payload.
    static void keepNewest(std::vector<Excerpt>& runs, std::size_t bytes) noexcept;
    /// Units: bytes of payload.
    static std::size_t bytesOf(const std::vector<Excerpt>& runs) noexcept;

private:
    struct Batch {
        std::shared_ptr<Broadcast> broadcast;
        std::uint64_t first;
        std::size_t bytes;
    };

    std::deque<Batch> batches_;
    std::size_t bytes_ = 0;
    std::uint64_t last_ = 0;
    std::uint64_t floor_ = 1;
};

}  // namespace patchbay::messaging
