#pragma once
// What the constructor of an endpoint class may ask for: services, its session, values of its path.

#include <patchbay/detail/Checks.hpp>
#include <patchbay/detail/EndpointModel.hpp>
#include <patchbay/detail/FromText.hpp>
#include <patchbay/detail/Handlers.hpp>
#include <patchbay/services.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace patchbay::detail {

template <>
inline constexpr bool kIsService<Session> = false;
template <FixedString Name, class T>
inline constexpr bool kIsService<PathParam<Name, T>> = false;

/// For the compiler to show what it is about.
template <class Self, class Variable, bool isThere>
inline constexpr bool kHasVariable = isThere;

/// A service or the value of a path variable. `arrival`: nullptr while checking.
template <class Self>
class InjectedAtHandshake : public Injected<Self> {
public:
    InjectedAtHandshake(const Services& services, int* remaining, const Arrival* arrival) noexcept
        : Injected<Self>{services, remaining}, arrival_{arrival} {}

    template <FixedString Name, PathValue T>
    operator PathParam<Name, T>() const {  // NOLINT(google-explicit-constructor): the conversion is the purpose
        constexpr int index = variableIndex(Access::path<Self>(), Name.view());
        static_assert(kHasVariable<Self, PathVariable<Spelled<Name>>, (index >= 0)>,
                      "Patchbay: a PathParam of the constructor names a variable that the endpoint's path does not have");
        this->count();
        if constexpr (index >= 0) {
            if (arrival_) return PathParam<Name, T>{valueOf<T>(Name.view(), arrival_->path[static_cast<std::size_t>(index)])};
        }
        return {};
    }

protected:
    const Arrival* arrival_;

private:
    template <class T>
    static T valueOf(std::string_view name, std::string_view text) {
        try {
            return fromText<T>(name, text);
        } catch (const DecodeError& error) {
            throw BadPathVariable{{}, error.what()};
        }
    }
};

/// Or the session.
template <class Self>
class InjectedAtOpen : public InjectedAtHandshake<Self> {
public:
    using InjectedAtHandshake<Self>::InjectedAtHandshake;

    operator Session() const {  // NOLINT(google-explicit-constructor): the conversion is the purpose
        this->count();
        return this->arrival_ ? this->arrival_->session : Session{};
    }
};

template <class Self>
inline constexpr int kAskedFor = serviceCount<Self, InjectedAtOpen<Self>>();

/// Such a class is constructed when there is a session, others while the handshake can still be refused.
template <class Self>
constexpr bool asksForSession() {
    if constexpr (kAskedFor<Self> > 0) {
        return !ConstructibleFrom<Self, InjectedAtHandshake<Self>, std::make_index_sequence<kAskedFor<Self>>>::value;
    } else {
        return false;
    }
}

/// Owns `object`, without what a std::shared_ptr of its class would cost the compiler once more for each.
std::shared_ptr<void> ownedErased(void* object, void (*destroy)(void* object) noexcept);
template <class T>
std::shared_ptr<void> owned(T* object) {
    return ownedErased(object, [](void* erased) noexcept { delete static_cast<T*>(erased); });
}

/// What a constructor's arguments are made from.
struct Given {
    const Services& services;
    int* remaining;
    const Arrival* arrival;
};

/// As std::make_shared makes an object, in one block with its count, without what that costs the compiler once more for each class.
/// `make` constructs it in `place`, of `size` bytes, aligned for std::max_align_t, and may throw.
std::shared_ptr<void> makeErased(std::size_t size, void (*make)(void* place, const Given& given), const Given& given,
                                 void (*destroy)(void* object) noexcept);

template <class Self, std::size_t... Is>
std::shared_ptr<void> constructWith(const Given& given, std::index_sequence<Is...>) {
    constexpr bool sharesItself = requires(Self& self) { self.weak_from_this(); };
    if constexpr (sharesItself || alignof(Self) > alignof(std::max_align_t)) {
        return std::make_shared<Self>((static_cast<void>(Is), InjectedAtOpen<Self>{given.services, given.remaining, given.arrival})...);
    } else {
        return makeErased(
            sizeof(Self),
            [](void* place, [[maybe_unused]] const Given& g) {
                ::new (place) Self((static_cast<void>(Is), InjectedAtOpen<Self>{g.services, g.remaining, g.arrival})...);
            },
            given, [](void* object) noexcept { static_cast<Self*>(object)->~Self(); });
    }
}

/// A new instance.   Errors: MissingService; BadPathVariable; whatever the constructor throws.
template <class Self>
std::shared_ptr<void> constructErased(const Services& services, const Arrival& arrival) {
    static_assert(kAskedFor<Self> >= 0,
                  "Patchbay: no constructor of this class can be called with what an endpoint may ask for (services by reference or "
                  "std::shared_ptr, Session, PathParam; eight at most), or it is private: what stands below SERVER_ENDPOINT is, up "
                  "to the next `public:`");
    if constexpr (kAskedFor<Self> >= 0) {
        return constructWith<Self>({services, nullptr, &arrival}, std::make_index_sequence<kAskedFor<Self>>{});
    } else {
        return nullptr;  // the build has failed
    }
}

/// Looks whether the services that it asks for are there, without constructing one.   Errors: MissingService.
template <class Self>
void checkConstructor(const Services& services) {
    if constexpr (kAskedFor<Self> > 0) {
        int remaining = kAskedFor<Self>;
        try {
            constructWith<Self>({services, &remaining, nullptr}, std::make_index_sequence<kAskedFor<Self>>{});
        } catch (const AllThere&) {
        }
    }
}

}  // namespace patchbay::detail
