#pragma once
// Services: what endpoints, configurators and HTTP handlers get in their constructors.

#include <patchbay/detail/Image.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace patchbay {

/// Somebody asks for a service that nobody provides. Found when deploying, before any client connects.
class MissingService : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {
/// The same object, whose last owner lets go of the library's code last of all, wherever that happens.
std::shared_ptr<void> pinned(std::shared_ptr<void> object, ImagePin pin);
}  // namespace detail

/// Objects by type, one of each.   Thread: provide before the server runs; get from any thread afterwards.
class Services {
public:
    Services() = default;
    /// Looks into `parent` for what it does not have itself.   Requires: `parent` outlives it.
    explicit Services(const Services* parent) noexcept : parent_{parent} {}

    /// Hands out `service` to whoever asks for a `T&` or a `std::shared_ptr<T>`, const or not.   Owns: a share of it.
    /// Errors: std::invalid_argument when there is a T already.
    template <class T>
    PATCHBAY_HIDDEN void provide(std::shared_ptr<T> service) {
        static_assert(!std::is_const_v<T>, "Patchbay: a service is given without const, since others may ask for a T&");
        T* object = service.get();
        const detail::ImagePin pin = detail::thisImage();
        std::shared_ptr<T> kept{detail::pinned(std::move(service), pin), object};
        auto shares = std::make_shared<Shares<T>>(Shares<T>{kept, kept});
        add(typeid(T), object, detail::pinned(std::move(shares), pin));
    }

    /// Errors: MissingService, which names the type.
    template <class T>
    T& get() const {
        if constexpr (IsSharedPointer<T>::value) {
            using Service = std::remove_const_t<typename T::element_type>;
            auto& shares = *static_cast<Shares<Service>*>(entry(typeid(Service)).shares.get());
            if constexpr (std::is_const_v<typename T::element_type>) {
                return shares.readOnly;
            } else {
                return shares.full;
            }
        } else {
            return *static_cast<T*>(entry(typeid(T)).object);
        }
    }

private:
    template <class T>
    struct IsSharedPointer : std::false_type {};
    template <class T>
    struct IsSharedPointer<std::shared_ptr<T>> : std::true_type {};

    template <class T>
    struct Shares {
        std::shared_ptr<T> full;
        std::shared_ptr<const T> readOnly;
    };
    struct Entry {
        const std::type_info* type;
        void* object;
        std::shared_ptr<void> shares;  // a Shares<T>
    };
    void add(const std::type_info& type, void* object, std::shared_ptr<void> shares);
    const Entry& entry(const std::type_info& type) const;

    std::vector<Entry> entries_;  // a handful
    const Services* parent_ = nullptr;
};

namespace detail {

/// Stands for "whatever parameter the constructor has" and turns into the service of that type. While checking, the
/// last of the conversions stops the construction: the services are known to be there and no constructor has run.
/// It never turns into a Target, or a copy constructor would fit as well, nor into what is no class or no service.
struct AllThere {};
template <class T>
inline constexpr bool kIsService = std::is_class_v<T>;
template <class Target>
class Injected {
public:
    Injected(const Services& services, int* remaining) noexcept : services_{services}, remaining_{remaining} {}

    template <class T>
        requires(kIsService<std::remove_const_t<T>> && !std::is_same_v<std::remove_const_t<T>, Target>)
    operator T&() const {  // NOLINT(google-explicit-constructor): the conversion is the purpose
        T& service = const_cast<T&>(services_.get<std::remove_const_t<T>>());
        count();
        return service;
    }

protected:
    void count() const {
        if (remaining_ && --*remaining_ == 0) throw AllThere{};
    }

private:
    const Services& services_;
    int* remaining_;
};

inline constexpr int kMostServices = 8;

template <class T, class Argument, class Indices>
struct ConstructibleFrom;
template <class T, class Argument, std::size_t... Is>
struct ConstructibleFrom<T, Argument, std::index_sequence<Is...>> {
    template <std::size_t>
    using At = Argument;
    static constexpr bool value = std::is_constructible_v<T, At<Is>...>;
};

/// How many things the constructor of T asks for; -1 when no constructor takes what an Argument turns into alone.
template <class T, class Argument = Injected<T>, int N = kMostServices>
constexpr int serviceCount() {
    if constexpr (std::is_aggregate_v<T>) {
        return std::is_default_constructible_v<T> ? 0 : -1;
    } else if constexpr (N == 0) {
        return std::is_default_constructible_v<T> ? 0 : -1;
    } else if constexpr (N == 1 && std::is_default_constructible_v<T>) {
        return 0;
    } else if constexpr (ConstructibleFrom<T, Argument, std::make_index_sequence<N>>::value) {
        return N;
    } else {
        return serviceCount<T, Argument, N - 1>();
    }
}

template <class T, std::size_t... Is>
std::shared_ptr<T> construct(const Services& services, int* remaining, std::index_sequence<Is...>) {
    return std::make_shared<T>((static_cast<void>(Is), Injected<T>{services, remaining})...);
}

/// A new T whose constructor got its services.   Errors: MissingService; whatever the constructor throws.
template <class T>
std::shared_ptr<T> construct(const Services& services) {
    static_assert(serviceCount<T>() >= 0,
                  "Patchbay: no constructor of this class can be called with services alone (references or "
                  "std::shared_ptr to what the server provides, at most eight), or it is private: what stands below "
                  "SERVER_ENDPOINT is, up to the next `public:`");
    if constexpr (serviceCount<T>() == 0) {
        return std::make_shared<T>();
    } else if constexpr (serviceCount<T>() > 0) {
        return construct<T>(services, nullptr, std::make_index_sequence<serviceCount<T>()>{});
    } else {
        return nullptr;  // the build has failed
    }
}

/// Looks whether everything that T's constructor asks for is there, without constructing one.   Errors: MissingService.
template <class T>
void checkServices(const Services& services) {
    if constexpr (serviceCount<T>() > 0) {
        int remaining = serviceCount<T>();
        try {
            construct<T>(services, &remaining, std::make_index_sequence<serviceCount<T>()>{});
        } catch (const AllThere&) {
        }
    }
}

}  // namespace detail
}  // namespace patchbay
