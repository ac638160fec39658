#pragma once
// What an endpoint's TOPIC annotations say of its topics, by their names. A pattern is made of segments between slashes; one in braces
// is whatever stands there, but for nothing. The first pattern that fits counts; a name that none fits is a topic without rules.

#include <patchbay/detail/Image.hpp>
#include <patchbay/detail/TopicModel.hpp>
#include <patchbay/principal.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace patchbay::messaging {

/// Thread: any.
class TopicRules {
public:
    /// `rules` are of that image.
    TopicRules(std::span<const detail::TopicModel> rules, detail::ImagePin image) noexcept;

    /// nullptr: none fits.
    const detail::TopicModel* find(std::string_view name) const;
    /// Whether `who` may be in that topic.   Errors: none; where the method throws it is logged, and false.
    bool allows(const Principal& who, std::string_view name) const noexcept;

private:
    using Values = std::vector<std::string_view>;
    const detail::TopicModel* find(std::string_view name, Values& values) const;

    const detail::ImagePin image_;  // first: goes last
    const std::span<const detail::TopicModel> rules_;
};

}  // namespace patchbay::messaging
