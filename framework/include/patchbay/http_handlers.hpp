#pragma once
// Plain HTTP of a server: what handle() and handleAsync() take (server_container.hpp), and what they call it with.

#include <patchbay/detail/HttpHandlers.hpp>
#include <patchbay/http.hpp>
#include <patchbay/http_exchange.hpp>
#include <patchbay/server_container.hpp>
