#include "messaging/Credentials.hpp"

#include "base/Guarded.hpp"
#include "base/Utf8.hpp"
#include "messaging/SessionCore.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace patchbay::messaging {
namespace {

constexpr std::chrono::minutes kLook{1};

void requireNames(const Principal& principal) {
    if (isUtf8(asBytes(principal.name)) && isUtf8(asBytes(principal.displayName))) return;
    throw std::invalid_argument{"setPrincipal: the names of a user are UTF-8"};
}

void tellListeners(SessionCore& session) {
    const Session handle{session.shared_from_this()};
    for (const auto& listener : session.endpoint().server->sessionListeners) {
        guarded(session.endpoint().config.path, "a session listener's principalChanged()", [&] {
            const detail::Labelled labelled{detail::runningHere(), "a session listener"};
            listener->principalChanged(handle);
        });
    }
}

}  // namespace

std::shared_ptr<const Principal> Credentials::of(const SessionCore& session) {
    if (const RareThings* const rare = session.knownRare()) {
        const Credentials& mine = rare->credentials;
        const std::lock_guard guard{mine.lock_};
        if (mine.principal_) return mine.principal_;
    }
    return session.origin().principal();
}

bool Credentials::set(SessionCore& session, const std::shared_ptr<const Principal>& expected, Principal next) {
    requireNames(next);
    auto made = std::make_shared<const Principal>(std::move(next));  // what it replaces is destroyed without the lock
    Credentials& mine = session.rare().credentials;
    {
        const std::lock_guard guard{mine.lock_};
        const auto& now = mine.principal_ ? mine.principal_ : session.origin().principal();
        if (expected && expected != now) return false;
        if (now->isSomebody() && now->name != made->name) {
            throw std::invalid_argument{"setPrincipal: a session stays its user's; another one connects anew"};
        }
        mine.principal_.swap(made);
    }
    session.loop().post([self = session.shared_from_this()] { changed(*self); });
    return true;
}

void Credentials::changed(SessionCore& session) {
    if (!session.isOpen()) return;
    Credentials& mine = session.rare().credentials;
    const auto principal = of(session);
    if (mine.isStranger() && !principal->isSomebody()) return;
    // What was published behind the change waits behind this, and is not for who has lost the right to it.
    if (!principal->hasOneOf(session.endpoint().config.roles)) return session.closeInItsTurn(CloseCause::Policy);
    if (principal->expires && *principal->expires <= session.loop().timeOfDay()) return session.closeInItsTurn(CloseCause::Expired);
    session.leaveWhatIsForbidden();
    watch(session);
    if (session.isOpen()) tellListeners(session);
    const bool wasStranger = mine.stranger_.exchange(false);
    if (!session.isOpen()) return;
    if (session.isWire()) return session.wire()->principalChanged();
    if (wasStranger) session.begin();
}

void Credentials::await(SessionCore& session) {
    session.strand().hold();
    Credentials& mine = session.rare().credentials;
    mine.timer_ = session.loop().after(onClock(mine.within_), [weak = session.weak_from_this()] {
        if (const auto self = weak.lock()) self->close(CloseCause::Policy, std::nullopt, "not signed in");
    });
}

void Credentials::watch(SessionCore& session) {
    const auto principal = of(session);
    RareThings* const rare = session.knownRare();
    if (rare) session.loop().cancel(std::exchange(rare->credentials.timer_, 0));
    if (!principal->expires || !session.isOpen()) return;
    const auto now = session.loop().timeOfDay();
    if (*principal->expires <= now) return session.close(CloseCause::Expired, std::nullopt, {});
    const auto left = *principal->expires < now + kLook ? *principal->expires - now : kLook;
    session.rare().credentials.timer_ = session.loop().after(left, [weak = session.weak_from_this()] {
        if (const auto self = weak.lock()) watch(*self);
    });
}

void Credentials::end(SessionCore& session) noexcept {
    if (timer_ != 0) session.loop().cancel(std::exchange(timer_, 0));
}

}  // namespace patchbay::messaging

namespace patchbay::detail {

void requireOneOf(const RoleList& roles, const Session& session, const char* method) {
    const auto principal = session.principal();
    if (std::ranges::any_of(roles, [&](std::string_view role) { return principal->hasRole(role); })) return;
    const char* before = roles.end() - roles.begin() == 1 ? " needs the role " : " needs one of the roles ";
    std::string text{method};
    for (const std::string_view role : roles) text.append(std::exchange(before, ", ")).append(role);
    throw Forbidden{text};
}

}  // namespace patchbay::detail
