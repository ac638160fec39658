#pragma once
// An update that has been looked at: where each client's structs lie, and what is deleted. Whoever has a view may read its structs unchecked.

#include "DeleteSet.hpp"
#include "Struct.hpp"

#include <span>
#include <vector>

namespace patchbay::yjs::detail {

/// A place in a client's structs from which to look for a clock: one each kMarkEvery bytes or so.
struct Mark {
    std::uint32_t clock;
    std::uint32_t offset;  // bytes from the first struct
    std::uint32_t index;   // structs before it
};
inline constexpr std::size_t kMarkEvery = 256;

/// A struct and where it stands.
struct Found {
    Struct what;
    std::size_t index;
};
/// The struct that `clock` is of.   Requires: it lies in `structs`, whose marks begin with the first struct.
Found find(Bytes structs, std::span<const Mark> marks, Clock clock) noexcept;

/// One client's structs in an update.
struct Section {
    ClientId client;
    Clock start;
    Clock end;
    std::size_t count;
    Bytes structs;
    std::size_t firstMark;
    std::size_t marks;
    bool hasSkips;
};

/// Owns: the views, not the bytes.
class UpdateView {
public:
    /// Errors: the update's first fault.
    Fault read(Bytes update, const UpdateLimits& limits);

    const std::vector<Section>& sections() const noexcept { return sections_; }
    const Section* sectionOf(ClientId client) const noexcept;
    std::span<const Mark> marksOf(const Section& section) const noexcept { return std::span{marks_}.subspan(section.firstMark, section.marks); }
    DeleteSet& deletes() noexcept { return deletes_; }

    /// Forgets the update, and keeps little of the memory.
    void release() noexcept;
    /// What is kept.   Units: bytes.
    std::size_t capacityBytes() const noexcept {
        return detail::capacityBytes(sections_) + detail::capacityBytes(marks_) + detail::capacityBytes(deletes_);
    }

private:
    void readSection(Reader& reader, const UpdateLimits& limits);

    std::vector<Section> sections_;
    std::vector<Mark> marks_;
    DeleteSet deletes_;
};

/// Walks over one section.
class SectionCursor {
public:
    explicit SectionCursor(const Section& section) noexcept : reader_{section.structs}, left_{section.count} { advance(section.start); }

    /// Where it is not at the end.
    const Struct& current() const noexcept { return current_; }
    bool atEnd() const noexcept { return left_ == 0; }
    /// Structs from the current one on.
    std::size_t left() const noexcept { return left_; }
    void next() noexcept {
        --left_;
        advance(current_.endClock());
    }

private:
    void advance(Clock clock) noexcept {
        if (left_ != 0) readStructUnchecked(reader_, clock, current_);
    }

    Reader reader_;
    std::size_t left_;
    Struct current_;
};

/// Writes sections, whose counts are known at their ends only.
class SectionsWriter {
public:
    /// Begins another section where `client` is not the last one's.
    void add(ClientId client, const Struct& one, Clock offset = 0);
    void addSkip(ClientId client, Clock clock, Clock length);
    void addGc(ClientId client, Clock clock, Clock length);
    /// Structs that lie as they are to be written, `count` of them, the first at `clock`.
    void addRaw(ClientId client, Clock clock, std::size_t count, Bytes structs);
    bool empty() const noexcept { return sections_.empty(); }
    void finish(Buffer& out) const;

private:
    struct Written {
        ClientId client;
        Clock start;
        std::size_t count;
        std::size_t begin;
    };
    Written& sectionOf(ClientId client, Clock clock);

    std::vector<Written> sections_;
    Buffer structs_;
};

}  // namespace patchbay::yjs::detail
