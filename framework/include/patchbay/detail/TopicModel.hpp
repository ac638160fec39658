#pragma once
// What a TOPIC annotation comes to.

#include <patchbay/history.hpp>

#include <span>
#include <string_view>

namespace patchbay {
struct Principal;
namespace detail {

struct TopicModel {
    std::string_view pattern;  // of names; of the library that the model comes from
    TopicOptions options;
    /// Whether `who` may join the topic whose variables have these values, left to right. Throws what the method throws, and DecodeError.
    bool (*mayJoin)(const Principal& who, std::span<const std::string_view> values) = nullptr;
};

}  // namespace detail
}  // namespace patchbay
