#pragma once
// TOPIC: what the macro records of a pattern and its method, what can be wrong with them, and how the method is called.

#include <patchbay/detail/Checks.hpp>
#include <patchbay/detail/FromText.hpp>
#include <patchbay/detail/TopicModel.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

namespace patchbay::detail {

/// A TOPIC that a macro has accepted. `Line` is its rank.
template <auto Method, int Line>
struct TopicRule {
    static constexpr int line = Line;
    static constexpr auto method = Method;
    std::string_view path;  // its pattern, behind a slash
    TopicOptions options;
};

/// TopicOptions, which the compiler looks at once what is written has been found right.
template <class Self>
struct TopicOptionsOf {
    using Type = TopicOptions;
};

/// All topics of Self whose line is at most Below, in the order of the source.
template <class Self, int Below>
constexpr auto topics() {
    using Last = decltype(Access::lastTopic<Self, Below>());
    if constexpr (Last::line == 0) {
        return TypeList<>{};
    } else {
        return topics<Self, Last::line - 1>() + TypeList<Last>{};
    }
}

// ------------------------------------------------------------------------------------------------ what is asked

template <class Function>
struct FunctionTraits {
    static constexpr bool isFunction = false;
};
template <class R, class... Ps>
struct FunctionTraits<R (*)(Ps...)> {
    static constexpr bool isFunction = true;
    using Return = R;
    using Parameters = TypeList<Ps...>;
};
template <class R, class... Ps>
struct FunctionTraits<R (*)(Ps...) noexcept> : FunctionTraits<R (*)(Ps...)> {};

/// What a topic's method may ask for: those of an open handler that need no session.
template <class P>
constexpr bool isTopicParameter() {
    constexpr Role role = roleOf<On::Open, P>();
    return role == Role::Principal || role == Role::PathParam;
}

template <class... Ps>
constexpr Mistake findInTopicParameters(TypeList<Ps...> list, [[maybe_unused]] std::string_view path) {
    if (!(true && ... && isTopicParameter<Ps>())) return Mistake::TopicParameter;
    if (!(true && ... && isPathValue<Ps>())) return Mistake::PathParamType;
    if (!(true && ... && isVariableOf<Ps>(path))) return Mistake::NoSuchTopicVariable;
    if (countRole<On::Open>(list, Role::Principal) > 1) return Mistake::ParameterTwice;
    return Mistake::None;
}

template <class Self, class... Others>
constexpr bool isTopicOf(std::string_view path, TypeList<Others...>) {
    [[maybe_unused]] const auto isIt = [&]<class Other>(std::type_identity<Other>) {
        if constexpr (requires { Other::method; }) return Access::lastTopic<Self, Other::line>().path == path;
        return false;  // refused at its own line
    };
    return (false || ... || isIt(std::type_identity<Others>{}));
}

/// The first mistake of a TOPIC at rank `Line` whose method has type `Method`.
template <class Self, class Method, int Line, FixedString Path>
constexpr Mistake findTopicMistake() {
    using Traits = FunctionTraits<Method>;
    if constexpr (mistakeOfPlace<Self, Line>() != Mistake::None) {
        return mistakeOfPlace<Self, Line>();
    } else if constexpr (!Traits::isFunction) {
        return Mistake::TopicNotStatic;
    } else if constexpr (!std::is_same_v<typename Traits::Return, bool>) {
        return Mistake::TopicNotBool;
    } else {
        constexpr Mistake inParameters = findInTopicParameters(typename Traits::Parameters{}, Path.view());
        if constexpr (inParameters != Mistake::None) {
            return inParameters;
        } else {
            return isTopicOf<Self>(Path.view(), topics<Self, Line - 1>()) ? Mistake::SecondTopic : Mistake::None;
        }
    }
}

/// The first parameter that a TOPIC's mistake is about.
template <Mistake mistake, int Number, class P, class... Ps>
consteval auto topicParameter(std::string_view path, TypeList<P, Ps...>) {
    if constexpr (sizeof...(Ps) == 0) {
        return std::type_identity<Parameter<Number, P>>{};
    } else {
        constexpr bool isIt = mistake == Mistake::TopicParameter ? !isTopicParameter<P>() : mistake == Mistake::PathParamType && !isPathValue<P>();
        if constexpr (isIt) {
            return std::type_identity<Parameter<Number, P>>{};
        } else {
            return topicParameter<mistake, Number + 1>(path, TypeList<Ps...>{});
        }
    }
}

/// What is wrong with a TOPIC, as a Refusal: of Mistake::None where nothing is.
template <class Self, class Method, int Line, FixedString Path>
consteval auto topicRefusalOf() {
    using json::detail::Trouble;
    constexpr Mistake mistake = findTopicMistake<Self, Method, Line, Path>();
    if constexpr (mistake == Mistake::TopicParameter || mistake == Mistake::PathParamType) {
        using List = typename FunctionTraits<Method>::Parameters;
        return Refusal<mistake, Trouble::None, typename decltype(topicParameter<mistake, 1>(Path.view(), List{}))::type>{};
    } else if constexpr (mistake == Mistake::TopicNotBool) {
        return Refusal<mistake, Trouble::None, Returned<typename FunctionTraits<Method>::Return>>{};
    } else {
        return Refusal<mistake, Trouble::None>{};
    }
}

// ------------------------------------------------------------------------------------------------ the model

template <class Self, class Rule, class P>
decltype(auto) topicArgument([[maybe_unused]] const Principal& who, [[maybe_unused]] std::span<const std::string_view> values) {
    using T = std::remove_cvref_t<P>;
    if constexpr (roleOf<On::Open, P>() == Role::Principal) {
        return (who);
    } else {
        constexpr auto name = PathParamTraits<T>::name;
        constexpr auto index = static_cast<std::size_t>(variableIndex(Access::lastTopic<Self, Rule::line>().path, name));
        return T{fromText<typename PathParamTraits<T>::Value>(name, values[index])};
    }
}

template <class Self, class Rule>
bool mayJoin([[maybe_unused]] const Principal& who, [[maybe_unused]] std::span<const std::string_view> values) {
    return [&]<class... Ps>(TypeList<Ps...>) { return Rule::method(topicArgument<Self, Rule, Ps>(who, values)...); }(
        typename FunctionTraits<std::remove_const_t<decltype(Rule::method)>>::Parameters{});
}

template <class Self, class Rule>
TopicModel topicModel() {
    if constexpr (requires { Rule::method; }) {
        const auto rule = Access::lastTopic<Self, Rule::line>();
        return {rule.path.substr(1), rule.options, &mayJoin<Self, Rule>};
    } else {
        return {};  // the build has failed
    }
}

/// Those of the rules, in the library that they are in.
template <class Self, class... Rules>
std::span<const TopicModel> topicModels(TypeList<Rules...>) {
    if constexpr (sizeof...(Rules) == 0) {
        return {};
    } else {
        static const TopicModel models[] = {topicModel<Self, Rules>()...};
        return models;
    }
}

}  // namespace patchbay::detail
