// A class in a header that comes in from two places.
#include "AnnotatedLobby.hpp"
#include "AnnotatedRoom.hpp"

const auto model = patchbay::detail::makeModel<app::Room>();
