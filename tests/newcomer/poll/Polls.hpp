#pragma once
// The service: what has been asked and voted, in memory.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

struct Choice {
    std::string name;
    int votes = 0;
};

/// Server -> client: how a poll stands.
struct Results {
    std::string question;
    std::vector<Choice> choices;
};

/// Thread: any; handlers and HTTP share it.
class Polls {
public:
    Results ask(const std::string& poll, const std::string& question, const std::vector<std::string>& names) {
        const std::lock_guard guard{lock_};
        Results& asked = polls_[poll] = {question, {}};
        for (const std::string& name : names) asked.choices.push_back({name});
        return asked;
    }

    std::optional<Results> results(const std::string& poll) const {
        const std::lock_guard guard{lock_};
        const auto found = polls_.find(poll);
        return found == polls_.end() ? std::nullopt : std::optional{found->second};
    }

    /// Nothing where there is no such choice.
    std::optional<Results> vote(const std::string& poll, const std::string& choice) {
        const std::lock_guard guard{lock_};
        const auto found = polls_.find(poll);
        if (found == polls_.end()) return std::nullopt;
        for (Choice& each : found->second.choices) {
            if (each.name != choice) continue;
            ++each.votes;
            return found->second;
        }
        return std::nullopt;
    }

private:
    mutable std::mutex lock_;
    std::map<std::string, Results> polls_;
};
