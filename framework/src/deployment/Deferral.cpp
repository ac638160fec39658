#include "deployment/Deferral.hpp"

#include <stdexcept>
#include <utility>

namespace patchbay {

namespace deployment {

Deferral::Ticket::~Ticket() {
    if (!deferral_->isWanted()) return;
    HandshakeResponse lost;
    lost.reject(500, {}, "the server could not complete the handshake\n");
    deferral_->finish(std::move(lost));
}

bool Deferral::await(std::shared_ptr<Loop> loop, Task resume) {
    const std::lock_guard guard{lock_};
    if (verdict_) return false;
    loop_ = std::move(loop);
    resume_ = std::move(resume);
    return true;
}

HandshakeResponse Deferral::take() {
    const std::lock_guard guard{lock_};
    return std::move(*verdict_);
}

void Deferral::cancel() noexcept {
    Task gone;  // destroyed without the lock
    const std::lock_guard guard{lock_};
    over_ = true;
    gone = std::move(resume_);
}

void Deferral::finish(HandshakeResponse verdict) noexcept {
    std::shared_ptr<Loop> loop;
    Task resume;
    {
        const std::lock_guard guard{lock_};
        if (std::exchange(over_, true)) return;
        verdict_.emplace(std::move(verdict));
        loop = std::move(loop_);
        resume = std::move(resume_);
    }
    if (loop) loop->post(std::move(resume));
}

bool Deferral::isWanted() const noexcept {
    const std::lock_guard guard{lock_};
    return !over_;
}

}  // namespace deployment

HandshakeCompletion HandshakeResponse::defer() {
    if (deferral_) throw std::logic_error{"defer: this hook has deferred its handshake already"};
    deferral_ = std::make_shared<deployment::Deferral>();
    return HandshakeCompletion{std::make_shared<deployment::Deferral::Ticket>(deferral_)};
}

namespace {

deployment::Deferral& of(const std::shared_ptr<void>& ticket) noexcept { return **static_cast<deployment::Deferral::Ticket*>(ticket.get()); }

}  // namespace

void HandshakeCompletion::finish(HandshakeResponse verdict) const noexcept { of(ticket_).finish(std::move(verdict)); }
bool HandshakeCompletion::isWanted() const noexcept { return of(ticket_).isWanted(); }

}  // namespace patchbay
