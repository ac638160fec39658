#include "messaging/Belongings.hpp"

#include "messaging/SessionCore.hpp"

#include <utility>

namespace patchbay::messaging {
namespace {

/// A property with the library whose code destroys it.
struct Kept {
    detail::ImagePin pin;  // first: goes last
    std::any value;
};

}  // namespace

std::shared_ptr<const std::any> Belongings::property(std::string_view name) const {
    const std::lock_guard guard{lock_};
    const auto found = properties_.find(name);
    return found == properties_.end() ? nullptr : found->second;
}

void Belongings::setProperty(const SessionCore& session, std::string_view name, std::any value, detail::ImagePin pin) {
    const auto kept = std::make_shared<const Kept>(Kept{std::move(pin), std::move(value)});
    std::shared_ptr<const std::any> next{kept, &kept->value};  // what it replaces is destroyed without the lock
    const std::lock_guard guard{lock_};
    noteSome();
    if (session.isGone()) return;
    const auto found = properties_.find(name);
    if (found == properties_.end())
        properties_.emplace(name, std::move(next));
    else
        found->second.swap(next);
}

void Belongings::clearProperties() noexcept {
    if (!hasSome()) return;
    Properties gone;
    const std::lock_guard guard{lock_};
    gone.swap(properties_);
}

Belongings::Taking Belongings::take(const SessionCore& session, Subscription& subscription) {
    const std::lock_guard guard{lock_};
    noteSome();
    if (!session.isOpen()) return Taking::Ended;
    const std::size_t most = session.maxTopics();
    if (most != 0 && topics_.size() >= most) return Taking::TooMany;
    topics_.push_back(subscription);
    return Taking::Taken;
}

void Belongings::give(Subscription& subscription) noexcept {
    const std::lock_guard guard{lock_};
    topics_.erase(topics_.iterator_to(subscription));
}

std::shared_ptr<Topic> Belongings::anyTopic() const {
    if (!hasSome()) return nullptr;
    const std::lock_guard guard{lock_};
    return topics_.empty() ? nullptr : topics_.front().topic.shared_from_this();
}

std::vector<std::shared_ptr<Topic>> Belongings::topics() const {
    std::vector<std::shared_ptr<Topic>> all;
    const std::lock_guard guard{lock_};
    for (const Subscription& one : topics_) all.push_back(one.topic.shared_from_this());
    return all;
}

}  // namespace patchbay::messaging
