#pragma once
// Which of an update's structs a document can take now: those whose clients have no gap before them, and whose origins and parents are in the
// document or can be taken before them. Nothing is changed by asking.

#include "Structs.hpp"
#include "UpdateView.hpp"

#include <vector>

namespace patchbay::yjs::detail {

class Plan {
public:
    /// One section's, in the order of the view's.
    struct Progress {
        const Section* section;
        SectionCursor rest;   // from the first struct on that is to wait
        SectionCursor first;  // from the first struct on that is new; see isNew()
        Clock before;         // where the document ends for that client
        Clock end;            // and where it will
        Id waitsFor;          // unless rest is at its end

        bool isNew() const noexcept { return end != before; }
        bool isWhole() const noexcept { return rest.atEnd(); }
    };

    /// Errors: ParentIsNoType.   Requires: both outlive what is asked.
    Fault make(const Clients& clients, UpdateView& view);

    const std::vector<Progress>& progress() const noexcept { return progress_; }
    /// Deletes of what is in the document or will be.
    DeleteSet& deletes() noexcept { return deletes_; }
    /// Whether nothing of the update is to wait.
    bool isWhole() const noexcept { return isWhole_; }
    /// Clients whose deletes are to wait.
    std::size_t clientsThatWait() const noexcept { return deletesToWait_.size(); }
    /// What is to wait, as an update; and for what: the first of each client that would let something go on.
    Buffer rest();
    std::vector<Id> waits() const;

    /// Forgets the update, and keeps little of the memory.
    void release() noexcept;
    /// What is kept.   Units: bytes.
    std::size_t capacityBytes() const noexcept {
        return detail::capacityBytes(progress_) + detail::capacityBytes(ready_) + detail::capacityBytes(deletes_) + detail::capacityBytes(deletesToWait_);
    }

private:
    static constexpr std::size_t kNone = SIZE_MAX;

    /// Which struct of another client lets a section go on.
    struct Waiter {
        Clock clock;
        std::size_t section;
    };

    Fault advance(std::size_t index);
    /// The first thing that the struct refers to and that is not here.
    const Id* missingOf(const Struct& one) const noexcept;
    bool isHere(const Id& id) const noexcept { return id.clock < endOf(id.client); }
    bool canHaveChildren(const Id& id) const noexcept;
    Clock endOf(ClientId client) const noexcept;
    std::size_t indexOf(ClientId client) const noexcept;
    void wake(std::size_t index);
    void splitDeletes();

    const Clients* clients_ = nullptr;
    UpdateView* view_ = nullptr;
    std::vector<Progress> progress_;
    std::map<std::size_t, std::vector<Waiter>> waiters_;  // of each section, a heap with the lowest clock in front
    std::vector<std::size_t> ready_;
    DeleteSet deletes_, deletesToWait_;
    bool isWhole_ = true;
};

}  // namespace patchbay::yjs::detail
