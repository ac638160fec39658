#pragma once
// Handlers of HTTP requests with services for parameters, as the server keeps them: without.

#include <patchbay/detail/Running.hpp>
#include <patchbay/detail/TypeList.hpp>
#include <patchbay/http.hpp>
#include <patchbay/http_exchange.hpp>
#include <patchbay/services.hpp>

#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace patchbay::detail {

/// What handle() takes, as the server keeps it.
struct PlainHttpHandler {
    HttpHandler call;
};
/// What handleAsync() takes.
struct AsyncHttpHandler {
    /// A coroutine begins on the strand, and is what is returned where it has to wait.   Errors: what the handler throws.
    std::function<Running(HttpExchange, Strand*)> call;
    bool isCoroutine = false;  ///< else it needs no strand
};

/// Result and parameters of whatever is called in one way: a function, a lambda without `auto`.
template <class F>
struct CallOf : CallOf<decltype(&F::operator())> {};
template <class R, class... Ps>
struct CallOf<R (*)(Ps...)> {
    using Result = R;
    using Parameters = TypeList<Ps...>;
};
template <class R, class... Ps>
struct CallOf<R (*)(Ps...) noexcept> : CallOf<R (*)(Ps...)> {};
template <class R, class C, class... Ps>
struct CallOf<R (C::*)(Ps...)> : CallOf<R (*)(Ps...)> {};
template <class R, class C, class... Ps>
struct CallOf<R (C::*)(Ps...) const> : CallOf<R (*)(Ps...)> {};
template <class R, class C, class... Ps>
struct CallOf<R (C::*)(Ps...) noexcept> : CallOf<R (*)(Ps...)> {};
template <class R, class C, class... Ps>
struct CallOf<R (C::*)(Ps...) const noexcept> : CallOf<R (*)(Ps...)> {};

/// A service for a parameter `S&`, `const S&` or `std::shared_ptr<S>`, and a share of it.
template <class P>
class ServiceFor {
    using Plain = std::remove_cvref_t<P>;
    static constexpr bool shared = kIsA<std::shared_ptr, Plain>;
    static_assert(shared || std::is_lvalue_reference_v<P>,
                  "Patchbay: what a handler takes beside the request is a service: by reference (Store&) or as a std::shared_ptr<Store>");
    template <class T>
    struct ShareOf {
        using Type = std::shared_ptr<T>;
    };
    template <class T>
    struct ShareOf<std::shared_ptr<T>> {
        using Type = std::shared_ptr<T>;
    };
    using Share = typename ShareOf<Plain>::Type;

public:
    /// Errors: MissingService.
    explicit ServiceFor(const Services& services) : share_{services.get<Share>()} {}
    auto& get() const noexcept {
        if constexpr (shared) {
            return share_;
        } else {
            return *share_;
        }
    }

private:
    Share share_;
};

template <class F, class... Firsts, class... Ps>
auto withServices(F handler, const Services& services, TypeList<Firsts...>, TypeList<Ps...>) {
    using Shares = std::tuple<ServiceFor<Ps>...>;
    const auto kept = std::make_shared<std::pair<F, Shares>>(std::move(handler), Shares{ServiceFor<Ps>{services}...});
    return [kept](Firsts... firsts) -> decltype(auto) {
        return std::apply([&](const auto&... shares) -> decltype(auto) { return kept->first(std::forward<Firsts>(firsts)..., shares.get()...); },
                          kept->second);
    };
}

template <class Result>
constexpr void requireNothingReturned() {
    static_assert(std::is_void_v<Result>,
                  "Patchbay: a handler of handle() returns nothing: it writes its answer to the HttpResponse (a coroutine is for handleAsync())");
}

template <class F>
PlainHttpHandler bindPlain(F&& handler, const Services& services) {
    using Handler = std::decay_t<F>;
    if constexpr (std::is_constructible_v<HttpHandler, F>) {
        requireNothingReturned<std::invoke_result_t<Handler&, const HttpRequest&, HttpResponse&>>();
        return {HttpHandler{std::forward<F>(handler)}};
    } else {
        return []<class Request, class Response, class... Ps>(Handler bound, const Services& from, TypeList<Request, Response, Ps...>) {
            static_assert(std::is_same_v<Request, const HttpRequest&> && std::is_same_v<Response, HttpResponse&>,
                          "Patchbay: a handler takes (const HttpRequest&, HttpResponse&, Service&…)");
            requireNothingReturned<typename CallOf<Handler>::Result>();
            return PlainHttpHandler{withServices(std::move(bound), from, TypeList<Request, Response>{}, TypeList<Ps...>{})};
        }(std::forward<F>(handler), services, typename CallOf<Handler>::Parameters{});
    }
}

template <class F>
AsyncHttpHandler bindAsync(F&& handler, const Services& services) {
    using Handler = std::decay_t<F>;
    using Result = typename CallOf<Handler>::Result;
    return []<class Exchange, class... Ps>(Handler bound, const Services& from, TypeList<Exchange, Ps...>) {
        constexpr bool coroutine = std::is_same_v<Result, Async<void>>;
        static_assert(std::is_void_v<Result> || coroutine,
                      "Patchbay: an asynchronous handler returns void or Async<void>; it answers by exchange.respond() or start()");
        static_assert(std::is_same_v<std::remove_cvref_t<Exchange>, HttpExchange>,
                      "Patchbay: an asynchronous handler takes (HttpExchange, Service&…)");
        static_assert(!coroutine || !std::is_reference_v<Exchange>,
                      "Patchbay: a coroutine takes its HttpExchange by value: what a reference names is gone when it goes on");
        auto called = withServices(std::move(bound), from, TypeList<HttpExchange>{}, TypeList<Ps...>{});
        return AsyncHttpHandler{[called](HttpExchange exchange, [[maybe_unused]] Strand* strand) -> Running {
                                    if constexpr (coroutine) {
                                        return Running::begin(called(std::move(exchange)), *strand, Session{}, nullptr);
                                    } else {
                                        called(std::move(exchange));
                                        return {};
                                    }
                                },
                                coroutine};
    }(std::forward<F>(handler), services, typename CallOf<Handler>::Parameters{});
}

/// Errors: MissingService.
template <class F>
struct HttpBinding {
    static PlainHttpHandler plain(F&& handler, const Services& services) { return bindPlain(std::forward<F>(handler), services); }
    static AsyncHttpHandler async(F&& handler, const Services& services) { return bindAsync(std::forward<F>(handler), services); }
};

}  // namespace patchbay::detail
