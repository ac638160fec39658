#include "messaging/Broadcast.hpp"

#include "messaging/Topic.hpp"
#include "wire/Writing.hpp"

#include <string>
#include <thread>
#include <utility>

namespace patchbay::messaging {

Broadcast::Broadcast(std::shared_ptr<Topic> topic, TopicPosition first, MemoryBudget& memory)
    : topic_{std::move(topic)}, first_{first}, held_{memory} {}

Broadcast::~Broadcast() {
    Encoded* next = others_.load(std::memory_order_relaxed);
    while (next) delete std::exchange(next, next->next);
}

struct Broadcast::Reopening {
    ~Reopening() { stage.store(Stage::Open, std::memory_order_release); }
    std::atomic<Stage>& stage;
};

bool Broadcast::add(MessageKind kind, Bytes payload, SessionId except, const PublicationHead* head) {
    if (messages_.size() >= kMostMessages || (!messages_.empty() && bytes_.size() + payload.size() > kMostBytes)) return false;
    Stage open = Stage::Open;
    if (!stage_.compare_exchange_strong(open, Stage::Adding, std::memory_order_acquire)) return false;
    const Reopening reopening{stage_};  // also when there is no memory: nobody may wait for ever
    if (messages_.size() == messages_.capacity()) messages_.reserve(2 * messages_.size() + 1);
    if (head) addHead(*head);
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    messages_.push_back({bytes_.size(), except, kind});
    held_.set(bytes_.capacity() + messages_.capacity() * sizeof(Message) + heads_.capacity() * sizeof(PublicationHead));
    excepts_ = excepts_ || except != kNobody;
    return true;
}

/// Those before it without one get an empty one, which says the same.
void Broadcast::addHead(const PublicationHead& head) {
    PublicationHead copy = head;
    heads_.resize(messages_.size());
    heads_.push_back(std::move(copy));
}

/// Who adds does so in some ten instructions and a copy of at most kMostBytes: whoever comes then waits for it.
void Broadcast::seal() noexcept {
    for (Stage now = stage_.load(std::memory_order_acquire); now != Stage::Sealed;) {
        if (now == Stage::Adding) {
            std::this_thread::yield();
            now = stage_.load(std::memory_order_acquire);
        } else if (stage_.compare_exchange_weak(now, Stage::Sealed, std::memory_order_acq_rel)) {
            return;
        }
    }
}

Broadcast::Encoded& Broadcast::find(Form form) const {
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

const Broadcast::Wrapping& Broadcast::wrapping() const {
    std::call_once(wrapsOnce_, [this] {
        auto made = std::make_unique<Wrapping>();
        wrap(*made);
        wrapping_ = std::move(made);
    });
    return *wrapping_;
}

/// Bytes are a message of their own.
void Broadcast::wrap(Wrapping& into) const {
    const MemoryAccount* const here = MemoryAccount::here();
    MemoryBudget& memory = here ? here->budget() : MemoryBudget::ofNobody();
    into.each = std::make_unique<Broadcast>(topic_, first_, memory);
    into.joined = std::make_unique<Broadcast>(topic_, first_, memory);
    std::string message, several;
    const auto flush = [&] {
        if (!several.empty()) into.joined->append(MessageKind::Text, several);
        several.clear();
    };
    for (std::size_t place = 0; place < count(); ++place) {
        message.clear();
        static const PublicationHead kPassing;
        const PublicationHead& its = head(place) ? *head(place) : kPassing;
        wire::writePublication(message, topic_->name(), {its.offset, its.client, its.request, its.key, its.amends}, kind(place), payload(place));
        into.each->append(kind(place), message);
        const bool isText = kind(place) == MessageKind::Text;
        if (!isText || several.size() + 1 + message.size() > kMostJoined) flush();
        if (!isText)
            into.joined->append(MessageKind::Binary, message);
        else
            several.append(several.empty() ? "" : "\n").append(message);
    }
    flush();
}

/// Whatever its size.   Requires: nobody sees it yet.
void Broadcast::append(MessageKind kind, std::string_view message) {
    const Bytes bytes = asBytes(message);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    messages_.push_back({bytes_.size(), kNobody, kind});
    held_.set(bytes_.capacity() + messages_.capacity() * sizeof(Message));
    stage_.store(Stage::Sealed, std::memory_order_relaxed);
}

}  // namespace patchbay::messaging
