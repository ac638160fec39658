#pragma once
// Where the coroutine of an HTTP handler goes on: on its connection's loop, one step after the other. It may live longer than its
// exchange: what follows an answer is done too. What it waits for keeps it; when the client or the server has gone it ends as Cancelled.

#include "base/Loop.hpp"

#include <patchbay/detail/Coroutine.hpp>
#include <patchbay/detail/Running.hpp>

#include <boost/intrusive/list.hpp>

#include <coroutine>
#include <memory>

namespace patchbay::http {

class ExchangeCore;

/// Thread: the loop's, but for goOn().
class ExchangeStrand final : public detail::Strand,
                             public std::enable_shared_from_this<ExchangeStrand>,
                             public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    /// Those of one loop.
    using List = boost::intrusive::list<ExchangeStrand, boost::intrusive::constant_time_size<false>>;

    /// `keep`: of the handler's code, first of all; `label`: the handler's.
    ExchangeStrand(std::shared_ptr<const void> keep, std::shared_ptr<Loop> loop, const char* label,
                   std::weak_ptr<ExchangeCore> exchange) noexcept
        : keep_{std::move(keep)}, loop_{std::move(loop)}, label_{label}, exchange_{std::move(exchange)} {}
    ~ExchangeStrand() override;

    /// It has begun, and waits; what it throws later fails the exchange.   Requires: once.
    void adopt(detail::Running running) noexcept { running_ = std::move(running); }
    /// Whatever it waits for ends now.
    void cancel() noexcept;

    bool suspend(std::coroutine_handle<> leaf, std::shared_ptr<detail::Wait> wait) noexcept override;
    void goOn() noexcept override;
    Timer after(std::chrono::milliseconds delay, Task task) override;
    std::shared_ptr<detail::Strand> self() noexcept override { return shared_from_this(); }

private:
    void resume() noexcept;

    const std::shared_ptr<const void> keep_;
    const std::shared_ptr<Loop> loop_;
    const char* const label_;
    const std::weak_ptr<ExchangeCore> exchange_;
    detail::Running running_;
    std::coroutine_handle<> leaf_;
    std::shared_ptr<detail::Wait> wait_;
    bool cancelled_ = false;
};

}  // namespace patchbay::http
