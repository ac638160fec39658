#include "PerMessageDeflateFactory.hpp"

#include <algorithm>
#include <stdexcept>

namespace patchbay::compression {
namespace {

const CompressionConfig& checked(const CompressionConfig& config) {
    std::string all;
    for (const std::string& problem : problemsOf(config)) all += (all.empty() ? "" : "; ") + problem;
    if (!all.empty()) throw std::invalid_argument{all};
    return config;
}

/// What a server answers, but for the context.
Parameters answerTo(const Parameters& offer, const CompressionConfig& config) {
    Parameters answer;
    // Offered, it says that the client keeps no context whatever the answer is (§7.1.1.2): nor need the server.
    answer.clientNoContextTakeover = offer.clientNoContextTakeover;
    answer.serverNoContextTakeover = offer.serverNoContextTakeover;
    // A smaller window than agreed is always legal to send with, so a client that does not ask is not told.
    if (offer.serverMaxWindowBits)
        answer.serverMaxWindowBits = std::min(*offer.serverMaxWindowBits, config.serverMaxWindowBits);
    // §7.1.2.2: an answer must not have it if the offer has not.
    const int clientBits = std::min(offer.clientMaxWindowBits.value_or(kMostWindowBits), config.clientMaxWindowBits);
    if (offer.clientMaxWindowBitsNamed && clientBits < kMostWindowBits) answer.clientMaxWindowBits = clientBits;
    return answer;
}

}  // namespace

PerMessageDeflateFactory::PerMessageDeflateFactory(const CompressionConfig& config)
    : config_{checked(config)},
      shared_{std::make_shared<Shared>(config.threshold, config.memoryBudget, config.level)} {}

std::optional<ExtensionFactory::Agreed> PerMessageDeflateFactory::accept(const ExtensionTerms& terms) {
    const auto offer = parseOffer(terms);
    if (!offer) return std::nullopt;
    Parameters answer = answerTo(*offer, config_);
    Direction sending{answer.serverMaxWindowBits.value_or(config_.serverMaxWindowBits),
                      !answer.serverNoContextTakeover};
    Direction receiving{answer.clientMaxWindowBits.value_or(kMostWindowBits), !answer.clientNoContextTakeover};
    // What the client may refer to must be there once it takes context over; what the server may refer to should be.
    const std::size_t needed = receiving.contextTakeover ? History::memory(receiving.windowBits) : 0;
    const std::size_t hoped = sending.contextTakeover ? History::memory(sending.windowBits) : 0;
    MemoryBudget::Share share = shared_->budget.take(needed, hoped);
    if (!share) {
        answer.serverNoContextTakeover = answer.clientNoContextTakeover = true;
        sending.contextTakeover = receiving.contextTakeover = false;
    }
    return Agreed{format(answer), std::make_unique<PerMessageDeflate>(shared_, sending, receiving, std::move(share))};
}

Parameters PerMessageDeflateFactory::offered() const {
    Parameters offer;
    offer.clientMaxWindowBitsNamed = true;
    if (config_.clientMaxWindowBits < kMostWindowBits) offer.clientMaxWindowBits = config_.clientMaxWindowBits;
    if (config_.serverMaxWindowBits < kMostWindowBits) offer.serverMaxWindowBits = config_.serverMaxWindowBits;
    const std::size_t needed = History::memory(config_.serverMaxWindowBits);
    offer.serverNoContextTakeover = config_.memoryBudget < needed;
    return offer;
}

std::vector<ExtensionTerms> PerMessageDeflateFactory::offers() const { return {format(offered())}; }

std::unique_ptr<Extension> PerMessageDeflateFactory::agree(const ExtensionTerms& terms) {
    const auto answer = parseAnswer(terms);
    const Parameters offer = offered();
    if (!answer || (offer.serverNoContextTakeover && !answer->serverNoContextTakeover)) return nullptr;
    // §7.1.2.1: the server accepts an offered window by naming the same or a smaller one.
    if (offer.serverMaxWindowBits &&
        (!answer->serverMaxWindowBits || *answer->serverMaxWindowBits > *offer.serverMaxWindowBits))
        return nullptr;
    const Direction sending{
        std::min(answer->clientMaxWindowBits.value_or(kMostWindowBits), config_.clientMaxWindowBits),
        !answer->clientNoContextTakeover};
    const Direction receiving{answer->serverMaxWindowBits.value_or(kMostWindowBits), !answer->serverNoContextTakeover};
    // The server decides whether it keeps context, and a client has few connections: what it needs it takes.
    MemoryBudget::Share share;
    if (receiving.contextTakeover) share = shared_->budget.takeAnyway(History::memory(receiving.windowBits));
    return std::make_unique<PerMessageDeflate>(shared_, sending, receiving, std::move(share));
}

}  // namespace patchbay::compression
