#include "Heartbeat.hpp"

PATCHBAY_PLUGIN(heartbeat::Heartbeat, "heartbeat")
