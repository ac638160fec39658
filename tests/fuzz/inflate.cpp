// permessage-deflate's reader: any bytes for messages, with context and without. The limit holds, buffers of any size
// give the same, nobody's message shows on another connection, and what is encoded decodes to the same.
//
//   input = flags  limit  {size message}

#include "Fuzz.hpp"

#include <compression/PerMessageDeflateFactory.hpp>

namespace patchbay::fuzz {
namespace {

using Decoded = Extension::Decoded;

struct Read {
    Decoded result;
    std::string text;
    bool operator==(const Read&) const = default;
};

Read read(Extension& end, std::string_view message, MessageBuffer out) {
    const std::size_t limit = out.maxBytes();
    const Decoded result = end.decode(end.rsvBits(), asBytes(message), out);
    require(out.size() <= limit, "a message is no larger than the limit");
    return {result, result == Decoded::Whole ? std::string{asText(out.bytes())} : std::string{}};
}

/// A buffer that has been used before, so that inflating begins in what room that left.
MessageBuffer used(std::size_t limit, std::size_t before) {
    MessageBuffer buffer{limit};
    require(buffer.reserve(std::min(limit, before)), "what is within the limit fits");
    return buffer;
}

ExtensionTerms offerOf(std::uint8_t flags) {
    ExtensionTerms offer{"permessage-deflate", {}};
    if ((flags & 1) != 0) offer.parameters.push_back({"client_no_context_takeover", std::nullopt});
    if ((flags & 2) != 0) offer.parameters.push_back({"server_no_context_takeover", std::nullopt});
    offer.parameters.push_back({"client_max_window_bits", std::to_string(8 + (flags >> 2 & 7))});
    offer.parameters.push_back({"server_max_window_bits", std::to_string(8 + (flags >> 5 & 7))});
    return offer;
}

struct Ends {
    Ends(compression::PerMessageDeflateFactory& factory, std::uint8_t flags) {
        auto agreed = factory.accept(offerOf(flags));
        require(agreed.has_value(), "a valid offer is accepted");
        client = factory.agree(agreed->answer);
        require(client != nullptr, "an answer to one's own offer is agreed with");
        server = std::move(agreed->extension);
    }

    std::unique_ptr<Extension> server;
    std::unique_ptr<Extension> client;
};

void send(Extension& from, Extension& to, std::string_view message) {
    MessageBuffer wire{MessageBuffer::kNoLimit};
    if (from.encode(MessageKind::Binary, asBytes(message), wire) == 0) return;
    require(wire.size() < message.size(), "what is compressed is smaller");
    require(read(to, asText(wire.bytes()), MessageBuffer{message.size()}) == Read{Decoded::Whole, std::string{message}},
            "what is encoded decodes to the same");
}

void run(Input input) {
    static compression::PerMessageDeflateFactory factory{
        {.threshold = {1}, .level = 1, .serverMaxWindowBits = 15, .clientMaxWindowBits = 15}};
    const std::uint8_t flags = input.byte();
    const std::size_t limit = std::size_t{input.byte()} * 256;
    Ends ends{factory, flags};
    Ends again{factory, flags};
    Ends honest{factory, flags};
    while (!input.atEnd()) {
        const std::string_view message = input.piece();
        const Read first = read(*ends.server, message, MessageBuffer{limit});
        require(read(*again.server, message, used(limit, message.size() % 37)) == first, "any buffer reads the same");
        send(*honest.server, *honest.client, message);
        send(*honest.client, *honest.server, first.text);
        if (first.result != Decoded::Whole) return;  // the connection would fail
    }
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({data, size});
    return 0;
}
