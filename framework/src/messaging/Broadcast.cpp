#include "messaging/Broadcast.hpp"

#include <utility>

namespace patchbay::messaging {

Broadcast::Broadcast(std::shared_ptr<Topic> topic, TopicPosition first) : topic_{std::move(topic)}, first_{first} {}

Broadcast::~Broadcast() {
    Encoded* next = others_.load(std::memory_order_relaxed);
    while (next) delete std::exchange(next, next->next);
}

bool Broadcast::add(MessageKind kind, Bytes payload, SessionId except) {
    const std::lock_guard guard{lock_};
    if (sealed_ || messages_.size() >= kMostMessages || (!messages_.empty() && bytes_.size() + payload.size() > kMostBytes))
        return false;
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    messages_.push_back({bytes_.size(), except, kind});
    excepts_ = excepts_ || except != kNobody;
    return true;
}

void Broadcast::seal() noexcept {
    const std::lock_guard guard{lock_};
    sealed_ = true;
}

Broadcast::Encoded& Broadcast::find(Form form) const {
    if (form == Form{}) return plain_;
    Encoded* first = others_.load(std::memory_order_acquire);
    std::unique_ptr<Encoded> fresh;
    for (;;) {
        for (Encoded* known = first; known; known = known->next) {
            if (known->form == form) return *known;
        }
        if (!fresh) fresh = std::make_unique<Encoded>(form);
        fresh->next = first;
        if (others_.compare_exchange_weak(first, fresh.get(), std::memory_order_acq_rel)) return *fresh.release();
    }
}

}  // namespace patchbay::messaging
