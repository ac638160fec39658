#pragma once
// An endpoint library of somebody who has Patchbay installed: nothing in it knows where.

#include <string>

struct Greeting { std::string name; };
struct Answer { std::string text; };
