#include "AuthJwt.hpp"

PATCHBAY_PLUGIN(patchbay::auth_jwt::AuthJwt, "auth-jwt")
