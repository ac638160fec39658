// JSON: any text into structs of every shape; what is read is written so that it reads the same, wherever the text lies
// and whatever the object held before.
//
//   input = shape  text

#include "Fuzz.hpp"

#include <patchbay/errors.hpp>
#include <patchbay/json.hpp>

#include <array>
#include <map>
#include <optional>
#include <variant>

namespace patchbay::fuzz {

// Not in an unnamed namespace: JSON's field names come from the linkage names of these.
enum class Side : std::uint8_t { Buy, Sell };

struct Item {
    std::string name;
    double price;
    std::optional<float> weight;
};

struct Order {
    std::uint32_t id;
    Side side;
    std::vector<Item> items;
    std::optional<std::string> note;
    std::map<std::string, std::int16_t> counts;
    json::AsText<std::uint64_t> total;
};

struct Text {
    std::string text;
    bool class_ = true;
};

struct Move {
    std::int8_t x;
    std::int64_t y;
};

struct Empty {};

struct Drawn {
    static constexpr bool allowUnknown = true;

    std::variant<Text, Move, Empty> shape;
    std::array<std::uint16_t, 2> at;
    std::vector<std::variant<Move, Empty>> more;
};

struct Node {
    std::string name;
    std::vector<Node> children;
    std::optional<std::vector<bool>> flags;
};

namespace {

template <class T>
bool readInto(json::Document& document, std::string_view text, std::size_t slack, T& out) {
    try {
        json::read(document.parse(text, slack), out);
        return true;
    } catch (const DecodeError& error) {
        require(!std::string_view{error.what()}.empty(), "an error says what is wrong");
        return false;
    }
}

/// Everything that a T can be is written by one text, so equal texts are equal objects.
template <class T>
std::string written(const T& value) {
    try {
        return json::write(value);
    } catch (const json::EncodeError& error) {
        require(false, error.what());
        return {};
    }
}

template <class T>
void check(std::string_view text) {
    json::Document document;
    T copied{};
    const bool isRead = readInto(document, text, 0, copied);

    std::string slackened{text};
    slackened.append(json::kReadableSlack, '9');  // digits: a number that ran over its end would grow
    T inPlace{};
    require(readInto(document, std::string_view{slackened}.substr(0, text.size()), json::kReadableSlack, inPlace) == isRead,
            "a text reads the same where it lies");
    if (!isRead) return;

    const std::string once = written(copied);
    require(written(inPlace) == once, "a text reads the same where it lies");
    T again{};
    require(readInto(document, once, 0, again), "what is written can be read");
    require(written(again) == once, "what is written reads the same");
    T other{};
    readInto(document, text.substr(0, text.size() / 2), 0, other);
    require(readInto(document, text, 0, other) && written(other) == once, "what an object held before is gone");
}

void run(Input input) {
    switch (input.byte() % 5) {
        case 0: return check<Order>(input.rest());
        case 1: return check<Drawn>(input.rest());
        case 2: return check<Node>(input.rest());
        case 3: return check<std::vector<std::optional<double>>>(input.rest());
        default: return check<std::map<std::string, std::string>>(input.rest());
    }
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({data, size});
    return 0;
}
