#include "http/Handlers.hpp"

#include <patchbay/detail/Labels.hpp>

#include <exception>
#include <utility>
#include <variant>

namespace patchbay::http {

void callWhole(const Route& route, const std::shared_ptr<ExchangeCore>& core) noexcept {
    HttpResponse response;
    try {
        const detail::Labelled labelled{detail::runningHere(), route.label};
        std::get<HttpHandler>(route.handler)(core->request(), response);
    } catch (...) {
        return core->answer()->fail(std::current_exception(), core->who());
    }
    core->respond(std::move(response));
}

std::shared_ptr<ExchangeStrand> callAsync(const Match& match, const std::shared_ptr<ExchangeCore>& core,
                                          const std::shared_ptr<Loop>& loop) noexcept {
    const auto answer = core->answer();
    const auto& handler = std::get<detail::AsyncHttpHandler>(match.route->handler);
    try {
        const detail::Labelled labelled{detail::runningHere(), match.route->label};
        if (!handler.isCoroutine) {
            handler.call(ExchangeCore::handle(core), nullptr);
            return nullptr;
        }
        auto strand = std::make_shared<ExchangeStrand>(match.keep, loop, match.route->label, core);
        answer->setStrand(strand);
        auto running = handler.call(ExchangeCore::handle(core), strand.get());
        if (!running) return nullptr;
        strand->adopt(std::move(running));
        return strand;
    } catch (...) {
        answer->fail(std::current_exception(), core->who());
        return nullptr;
    }
}

}  // namespace patchbay::http
