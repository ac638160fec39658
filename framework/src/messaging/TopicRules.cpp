#include "messaging/TopicRules.hpp"

#include "base/Guarded.hpp"

#include <patchbay/detail/PathTemplate.hpp>
#include <patchbay/detail/Labels.hpp>
#include <patchbay/errors.hpp>

#include <utility>

namespace patchbay::messaging {
namespace {

/// Takes the first segment off; false when there is none left.
bool takeSegment(std::string_view& rest, bool& isOver, std::string_view& segment) {
    if (isOver) return false;
    const std::size_t slash = rest.find('/');
    segment = rest.substr(0, slash);
    isOver = slash == std::string_view::npos;
    if (!isOver) rest.remove_prefix(slash + 1);
    return true;
}

bool fits(std::string_view pattern, std::string_view name, std::vector<std::string_view>& values) {
    values.clear();
    bool patternIsOver = false;
    bool nameIsOver = false;
    std::string_view wanted;
    std::string_view is;
    while (takeSegment(pattern, patternIsOver, wanted)) {
        if (!takeSegment(name, nameIsOver, is)) return false;
        if (!detail::isVariable(wanted)) {
            if (wanted != is) return false;
            continue;
        }
        if (is.empty()) return false;
        values.push_back(is);
    }
    return nameIsOver;
}

}  // namespace

TopicRules::TopicRules(std::span<const detail::TopicModel> rules, detail::ImagePin image) noexcept : image_{std::move(image)}, rules_{rules} {}

const detail::TopicModel* TopicRules::find(std::string_view name) const {
    Values values;
    return find(name, values);
}

const detail::TopicModel* TopicRules::find(std::string_view name, Values& values) const {
    for (const detail::TopicModel& rule : rules_) {
        if (fits(rule.pattern, name, values)) return &rule;
    }
    return nullptr;
}

bool TopicRules::allows(const Principal& who, std::string_view name) const noexcept {
    bool may = false;
    guarded("topics", "a TOPIC's method", [&] {
        const detail::Labelled labelled{detail::runningHere(), "a TOPIC's method"};
        Values values;
        const detail::TopicModel* const rule = find(name, values);
        try {
            may = !rule || rule->mayJoin(who, values);
        } catch (const DecodeError&) {  // a name with a text where the method wants a number: there is no such topic
        }
    });
    return may;
}

}  // namespace patchbay::messaging
