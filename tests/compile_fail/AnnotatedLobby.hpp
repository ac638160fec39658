#pragma once

#include "AnnotatedRoom.hpp"
