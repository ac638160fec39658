#pragma once
// What the handler of a request publishes to histories on the disk: it is held until the handler waits for something or has come to its end.
// Then it is one commit, at the end together with what the request has come to; where the handler throws, none of it happens.
//
// The scope belongs to its event. A thread knows of it for as long as it makes a step of that, wherever that is.

#include "messaging/History.hpp"

#include <patchbay/async.hpp>
#include <patchbay/topics.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::messaging {

/// Thread: that of the event's step; take() and the end the loop's.
class RequestScope {
public:
    /// `you`: the public name of the client.
    RequestScope(std::string you, std::uint64_t id) noexcept : you_{std::move(you)}, id_{id} {}
    ~RequestScope() { drop(); }
    RequestScope(const RequestScope&) = delete;

    /// That of the step which this thread makes; nullptr: none.
    static RequestScope* current() noexcept;
    /// This thread makes a step.
    class Running {
    public:
        explicit Running(RequestScope* scope) noexcept;
        Running(const Running&) = delete;
        ~Running();

    private:
        RequestScope* const before_;
    };

    /// It is by this request.
    void sign(PublicationHead& head) const;
    /// Requires: it is signed, its topic is kept on the disk, and its beginPublishing() was true.
    Publishing add(Delivering publication, std::shared_ptr<CommitPart> with);
    bool empty() const noexcept { return held_.empty(); }
    /// Something that histories keep has happened before its end: beginning it anew would do that twice.
    void noteEffect() noexcept { hasEffect_ = true; }
    bool hasEffect() const noexcept { return hasEffect_; }
    /// None of it happens.
    void drop() noexcept;
    /// Commits what there is, with `answer` where that is there; then who awaits is told, and `receiver`.
    void commit(History& history, std::optional<Answer> answer, Receiver<Committed> receiver);

private:
    struct Held {
        Delivering publication;
        Completion<TopicPosition> done;
    };
    bool hasEffect_ = false;
    const std::string you_;
    const std::uint64_t id_;
    std::vector<Held> held_;
    std::vector<std::shared_ptr<CommitPart>> parts_;
};

}  // namespace patchbay::messaging
