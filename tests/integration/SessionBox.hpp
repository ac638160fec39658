#pragma once
// Where endpoints leave their sessions for the test's own threads.

#include "support/Box.hpp"

#include <patchbay/session.hpp>

namespace patchbay::test {

using SessionBox = Box<Session>;

}  // namespace patchbay::test
