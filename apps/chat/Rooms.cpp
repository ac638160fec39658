#include "Rooms.hpp"

#include "Names.hpp"

namespace chat {

std::optional<Rooms::Entrance> Rooms::letIn(std::string_view room, const std::string& wanted) {
    Room& here = rooms_[std::string{room}];
    if (here.people.size() >= kMostPeople) return std::nullopt;
    std::string name = wanted;
    for (int number = 2; !here.looks.insert(lookOf(name)).second; ++number) name = wanted + " " + std::to_string(number);
    here.people.push_back(name);
    return Entrance{name, here.people, {here.recent.begin(), here.recent.end()}};
}

void Rooms::leave(std::string_view room, const std::string& name) {
    const std::lock_guard guard{lock_};
    const auto found = rooms_.find(room);
    if (found == rooms_.end()) return;
    std::erase(found->second.people, name);
    found->second.looks.erase(lookOf(name));
    if (found->second.people.empty()) rooms_.erase(found);
}

void Rooms::remember(std::string_view room, const Said& said) {
    const auto found = rooms_.find(room);
    if (found == rooms_.end()) return;
    found->second.recent.push_back(said);
    if (found->second.recent.size() > kMostRecent) found->second.recent.pop_front();
}

}  // namespace chat
