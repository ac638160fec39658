#include <patchbay/yjs/fault.hpp>

namespace patchbay::yjs {

std::string_view textOf(Rule rule) noexcept {
    switch (rule) {
        case Rule::None: return "nothing is wrong";
        case Rule::Truncated: return "a value reaches over the end";
        case Rule::TrailingBytes: return "something stands behind the end";
        case Rule::IntegerOutOfRange: return "a number is beyond 2^53-1";
        case Rule::OverlongInteger: return "a number has more bytes than it needs";
        case Rule::NotUtf8: return "a text is not UTF-8";
        case Rule::NotJson: return "a text is not JSON";
        case Rule::UnknownValue: return "a value is of no known kind";
        case Rule::TooDeep: return "values lie too deep in each other";
        case Rule::CountTooLarge: return "a count is more than the bytes that are left can hold";
        case Rule::UnknownContent: return "a struct is of no known kind";
        case Rule::UnknownType: return "a shared type is of no known kind";
        case Rule::ZeroLength: return "a struct or a range of deletes has the length 0, or a client none of them";
        case Rule::ClockTooLarge: return "a struct or a range of deletes ends beyond the largest clock";
        case Rule::ClientsOutOfOrder: return "clients are to stand in descending order, each once";
        case Rule::RefersToItself: return "a struct refers to itself or to what its client writes after it";
        case Rule::TooLarge: return "more bytes than are allowed";
        case Rule::TooManyDeletes: return "more ranges of deletes than are allowed";
        case Rule::TooManyClients: return "more clients than are allowed, or more new ones";
        case Rule::ParentIsNoType: return "a parent is no shared type";
        case Rule::Missing: return "structs are missing";
        case Rule::TooMuchPending: return "too much waits for structs that are missing";
        case Rule::TooManyStates: return "more awareness states than are allowed";
        case Rule::UnknownMessage: return "a message is of no known kind";
    }
    return "?";
}

std::string Fault::text() const {
    std::string text{textOf(rule)};
    if (rule != Rule::None) text.append(" (byte ").append(std::to_string(at)).append(")");
    return text;
}

}  // namespace patchbay::yjs
