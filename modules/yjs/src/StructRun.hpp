#pragma once
// All structs of one client, from clock 0 on, as they stand in an update, and marks to find one by its clock.

#include "UpdateView.hpp"

#include <vector>

namespace patchbay::yjs::detail {

class StructRun {
public:
    explicit StructRun(ClientId client) noexcept : client_{client} {}

    ClientId client() const noexcept { return client_; }
    Clock end() const noexcept { return end_; }
    std::size_t count() const noexcept { return count_; }
    Bytes bytes() const noexcept { return bytes_; }
    /// What of it is more than its structs' bytes counts too.
    std::size_t memory() const noexcept { return bytes_.capacity() + marks_.capacity() * sizeof(Mark) + sizeof *this; }

    /// Adds a struct, or what is left of it behind `offset`; joined with the last where yjs would hold both as one.
    /// Requires: that begins at end().
    void append(const Struct& one, Clock offset);
    void appendDeleted(const Struct& one, Clock offset, Clock length);
    /// A part of a divisible item: `number` is what stands before its `body`, of bytes or of values.
    void appendPart(const Struct& one, Clock offset, Clock length, std::uint64_t number, Bytes body);
    void appendGc(Clock length);
    /// Takes a whole section.   Requires: it is empty, and the section begins at 0 and has no Skip.
    void assign(const Section& section, std::span<const Mark> marks);
    void shrink();

    /// Requires: clock < end().
    Found find(Clock clock) const noexcept { return detail::find(bytes_, marks_, clock); }

    /// Calls `called(const Struct&)` for each.
    template <class F>
    void each(F&& called) const {
        Reader reader{bytes_};
        Struct one;
        for (Clock clock = 0; clock != end_; clock = one.endClock()) {
            readStructUnchecked(reader, clock, one);
            called(one);
        }
    }

private:
    /// What has been written behind `begin` is one more struct, or becomes a part of the last.
    void settle(std::size_t begin);
    void join(const Struct& left, const Struct& right);

    ClientId client_;
    Clock end_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t last_ = 0;       // where the last struct begins
    std::uint32_t lastClock_ = 0;  // and its clock
    std::uint32_t lastLength_ = 0;
    Buffer bytes_;
    std::vector<Mark> marks_;
};

}  // namespace patchbay::yjs::detail
