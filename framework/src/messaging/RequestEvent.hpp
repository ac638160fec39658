#pragma once
// A request of a client of `patchbay.1`: a message to a handler, of which something has to come exactly once (Once).

#include "messaging/Event.hpp"
#include "messaging/Once.hpp"
#include "messaging/RequestScope.hpp"

#include <memory>
#include <string>

namespace patchbay::messaging {

class RequestEvent final : public MessageEvent, private endpoint::Requested {
public:
    /// `id`: 0 where nobody wants to know what comes of it.
    RequestEvent(std::uint64_t id, MessageKind kind, Bytes data) : MessageEvent{kind, data}, id_{id} {}
    ~RequestEvent() override;
    bool begin(SessionCore& session) noexcept override;
    endpoint::Outcome run(SessionCore& session, const Session& handle, endpoint::Run& run) noexcept override;
    bool reply(MessageKind kind, Bytes data) override;
    RequestScope* scope() noexcept override { return scope_.get(); }
    void suspended(SessionCore& session) noexcept override;
    void note(const endpoint::Run& run) noexcept override;
    void end(SessionCore& session, endpoint::Outcome outcome, std::string_view refusal) noexcept override;

private:
    /// Commits on the way to its end.
    class Earlier;

    bool isFirst(SessionCore& session);
    void finish(SessionCore& session);
    void handlerThrew() noexcept override;
    void noteFailure(const endpoint::Run& run);

    const std::uint64_t id_;
    std::shared_ptr<Once::Client> client_;  // while it has no outcome
    std::unique_ptr<RequestScope> scope_;   // from its beginning on; nullptr without an id
    std::shared_ptr<Earlier> earlier_;      // nullptr: there was none
    std::string outcome_;                   // as it is told; empty: its handler has said nothing
    bool hasThrown_ = false;
    bool isCancelled_ = false;
    bool isOfAClosedSession_ = false;
};

}  // namespace patchbay::messaging
