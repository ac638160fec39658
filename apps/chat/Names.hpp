#pragma once
// What somebody may be called. Others know a person by the name alone, so it is made of characters that they can see, and no two
// names in a room look the same.
//
//   made alike   white space of any kind is a space, and one; full-width letters are letters; a variation selector goes
//   refused      control characters, invisible ones, what turns the direction of writing, what no font has a picture for,
//                letters of mathematics, heaps of marks, and letters of several alphabets that resemble each other
//   taken        a name that looks like one in the room: `ANN` and `Ánn` like `Ann`, an all-Cyrillic `СОСО` like `COCO`
//
// Source: Unicode UTS #39 §4 (confusables) and §5.1 (mixed scripts), as far as names in a chat need it

#include <string>
#include <string_view>

namespace chat {

/// Made alike.   Requires: UTF-8.
std::string tidied(std::string_view name);

/// Why nobody may be called so, as a sentence for people; empty when somebody may.   Requires: tidied.
std::string_view problemOfName(std::string_view name);

/// What a name looks like: names with the same are taken for each other.
std::string lookOf(std::string_view name);

}  // namespace chat
