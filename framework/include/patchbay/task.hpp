#pragma once
// Task: something to do later, as post(), after() and every() take it: a lambda, or whatever can be called without arguments.
//
// Moved, never copied, so it may own what it needs (a std::unique_ptr in its captures). Small ones need no memory of their
// own. A task of a shared library keeps that library mapped until it is gone.

#include <patchbay/detail/Image.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace patchbay {

/// Thread: one at a time; made on one thread, it may run and be destroyed on another.
class Task {
public:
    /// What a callable may measure so that it needs no memory of its own.   Units: bytes.
    static constexpr std::size_t kInlineBytes = 48;

    Task() noexcept = default;
    Task(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor): as for std::function
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, Task> && std::invocable<std::decay_t<F>&>)
    // NOLINTNEXTLINE(google-explicit-constructor, bugprone-forwarding-reference-overload): as for std::function; never a Task
    PATCHBAY_HIDDEN Task(F&& callable)
        : pin_{detail::thisImage()} {
        using Callable = std::decay_t<F>;
        static_assert(!requires { typename std::invoke_result_t<Callable&>::promise_type; },
                      "Patchbay: a task is a plain function; what a coroutine returns would be dropped before it has begun");
        if constexpr (fits<Callable>) {
            new (storage_) Callable(std::forward<F>(callable));
            operations_ = &kInPlace<Callable>;
        } else {
            new (storage_) Callable*(new Callable(std::forward<F>(callable)));
            operations_ = &kElsewhere<Callable>;
        }
    }
    Task(Task&& other) noexcept : operations_{std::exchange(other.operations_, nullptr)}, pin_{std::move(other.pin_)} {
        if (operations_) operations_->move(other.storage_, storage_);
    }
    Task& operator=(Task&& other) noexcept {
        if (this == &other) return *this;
        this->~Task();
        new (this) Task(std::move(other));
        return *this;
    }
    ~Task() {
        if (operations_) operations_->destroy(storage_);
    }

    explicit operator bool() const noexcept { return operations_ != nullptr; }
    /// Errors: what the callable throws.   Requires: there is one.
    void operator()() { operations_->call(storage_); }

private:
    struct Operations {
        void (*call)(void*);
        void (*move)(void* from, void* to) noexcept;  // and destroys what was there
        void (*destroy)(void*) noexcept;
    };
    template <class F>  // NOLINTNEXTLINE(misc-redundant-expression): size and alignment are two things
    static constexpr bool fits = sizeof(F) <= kInlineBytes && alignof(F) <= alignof(std::max_align_t) &&
                                 std::is_nothrow_move_constructible_v<F>;
    template <class F>
    static constexpr Operations kInPlace{
        [](void* at) { (*std::launder(static_cast<F*>(at)))(); },
        [](void* from, void* to) noexcept {
            F* const source = std::launder(static_cast<F*>(from));
            new (to) F(std::move(*source));
            source->~F();
        },
        [](void* at) noexcept { std::launder(static_cast<F*>(at))->~F(); }};
    template <class F>
    static constexpr Operations kElsewhere{
        [](void* at) { (**std::launder(static_cast<F**>(at)))(); },
        [](void* from, void* to) noexcept { new (to) F*(*std::launder(static_cast<F**>(from))); },
        [](void* at) noexcept { delete *std::launder(static_cast<F**>(at)); }};

    alignas(std::max_align_t) std::byte storage_[kInlineBytes];
    const Operations* operations_ = nullptr;
    detail::ImagePin pin_;  // goes last
};

}  // namespace patchbay
