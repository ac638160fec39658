// patchbay.1: any message to a server's reader; what it hands out is within its bounds and is what the message says. Any text of an
// application's into what a server writes: one line that reads as JSON, and its data as what was sent.
//
//   input = what  message

#include "Fuzz.hpp"

#include "base/Utf8.hpp"
#include "wire/Objects.hpp"
#include "wire/Writing.hpp"

#include <patchbay/errors.hpp>

#include <algorithm>

namespace patchbay::fuzz {
namespace {

using namespace wire;

void requirePosition(const Position& position) {
    require(!position.epoch.empty() && position.epoch.size() <= kMostEpoch, "an epoch has its length");
    require(position.offset <= kMostNumber, "an offset is a number of JavaScript's");
}
void requireTopic(std::string_view topic) { require(!topic.empty() && topic.size() <= kMostTopic, "a topic has its length"); }

struct Look {
    std::string_view message;

    void operator()(const Ping&) const { require(message.find("{") != std::string_view::npos, "a ping is an object"); }
    void operator()(const Hello& hello) const {
        require(hello.client.size() >= kLeastClient && hello.client.size() <= kMostClient, "a secret has its length");
        require(hello.next >= 1 && hello.next <= kMostNumber, "next is an id");
        for (const auto& [topic, position] : hello.since) {
            requireTopic(topic);
            requirePosition(position);
        }
        require(publicName(hello.client).size() == 32, "a public name has its length");
    }
    void operator()(const Join& join) const {
        requireTopic(join.topic);
        if (join.since) requirePosition(*join.since);
    }
    void operator()(const Leave& leave) const { requireTopic(leave.topic); }
    void operator()(const History& history) const {
        requireTopic(history.topic);
        require(history.limit >= 1 && history.limit <= kMostHistory, "a history has its length");
    }
    void operator()(const Auth&) const {}
    void operator()(const Request& request) const {
        require(request.id <= kMostNumber, "an id is a number of JavaScript's");
        if (request.kind == MessageKind::Binary) return require(message.ends_with(asText(request.data)), "bytes are the message's end");
        const auto* const begin = message.data();
        const auto* const data = reinterpret_cast<const char*>(request.data.data());
        if (data < begin || data > begin + message.size()) return;  // what a text says
        json::Document document;
        document.parse(asText(request.data));  // or it throws, and that is a broken rule
    }
    void operator()(const Unknown& unknown) const { require(unknown.id <= kMostNumber, "an id is a number of JavaScript's"); }
    void operator()(const Malformed& malformed) const { require(!malformed.why.empty(), "what is malformed says why"); }
};

void readClients(MessageKind kind, std::string_view message) {
    Reader reader;
    reader.begin(kind, asBytes(message));
    std::size_t count = 0;
    for (; const auto object = reader.next(); ++count) std::visit(Look{message}, *object);
    const auto lines = static_cast<std::size_t>(std::ranges::count(message, '\n')) + 1;
    require(count <= lines, "an object is a line");
    require(!reader.fault().empty() || count == (kind == MessageKind::Text ? lines : 1), "a line is an object, or a fault");
}

/// As the client that reads what a server says.
void writeServers(std::string_view text) {
    if (!isUtf8(asBytes(text))) return;
    std::string out;
    writePublication(out, text, {.offset = 1, .client = "you", .request = 2, .key = text}, MessageKind::Text, asBytes(text));
    require(out.find('\n') == std::string::npos, "an object is one line");
    Reader reader;
    reader.begin(MessageKind::Text, asBytes(out));
    const auto object = reader.next();
    require(object && reader.fault().empty() && std::holds_alternative<Request>(*object), "what is written is an object with data");
    const std::string_view data = asText(std::get<Request>(*object).data);
    std::string again;
    writeValue(again, data);
    std::string once;
    writeValue(once, text);
    if (once.front() != '"') require(again == once, "data that is JSON stays as it is");
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace patchbay;
    fuzz::Input input{data, size};
    const std::uint8_t what = input.byte();
    const std::string_view message = input.rest();
    if (what % 3 == 2)
        fuzz::writeServers(message);
    else
        fuzz::readClients(what % 3 == 0 ? MessageKind::Text : MessageKind::Binary, message);
    return 0;
}
