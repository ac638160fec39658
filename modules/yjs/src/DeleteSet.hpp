#pragma once
// Which structs have been deleted: ranges of each client.

#include <patchbay/yjs/update.hpp>

#include <vector>

namespace patchbay::yjs::detail {

template <class T>
std::size_t capacityBytes(const std::vector<T>& all) noexcept {
    return all.capacity() * sizeof(T);
}
/// Empties what is used for each update; its memory stays for the next, unless one was so large that no other may be like it.
template <class T>
void giveBack(std::vector<T>& all) noexcept {
    static constexpr std::size_t kKeptBytes = std::size_t{64} << 10;
    all.clear();
    if (capacityBytes(all) > kKeptBytes) std::vector<T>{}.swap(all);
}

/// Clocks that are at most kMaxClock.
struct Range {
    std::uint32_t clock;
    std::uint32_t length;

    Clock end() const noexcept { return Clock{clock} + length; }
    friend bool operator==(const Range&, const Range&) = default;
};

/// Ranges of one client, sorted, none of which touch.
class DeletedRanges {
public:
    /// Whether any of it was not in it.
    bool add(Range range);
    /// Takes ranges in whatever order: few at the cost of a search each, where nothing of them is new; many at that of a merge.   Returns: as add().
    bool addAll(std::vector<Range>& ranges);
    /// By how many ranges this may grow, at most, where `ranges` are added.
    std::size_t growthBy(const std::vector<Range>& ranges) const noexcept;
    /// The first that ends beyond `clock`, to walk on from.
    std::size_t firstBeyond(Clock clock) const noexcept;

    const std::vector<Range>& ranges() const noexcept { return ranges_; }
    bool empty() const noexcept { return ranges_.empty(); }
    std::size_t capacityBytes() const noexcept { return ranges_.capacity() * sizeof(Range); }

private:
    bool contains(Range range) const noexcept;
    bool mergeWith(std::vector<Range>& ranges);

    std::vector<Range> ranges_;
};

/// Sorts ranges and joins those that touch.
void normalise(std::vector<Range>& ranges);

/// One client's in a delete set that is being read or written.
struct ClientRanges {
    ClientId client;
    std::vector<Range> ranges;
};
/// Any order of clients; one that stands there twice is one.
using DeleteSet = std::vector<ClientRanges>;

void readDeleteSet(Reader& reader, const UpdateLimits& limits, DeleteSet& out);
/// Clients in descending order, and none without ranges.
void writeDeleteSet(Buffer& out, DeleteSet& set);
void writeRanges(Buffer& out, ClientId client, const std::vector<Range>& ranges);

}  // namespace patchbay::yjs::detail
