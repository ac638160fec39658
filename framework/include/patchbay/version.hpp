#pragma once
// The version of these headers, and what a binary built against them has to have in common with the server's.

#include <string_view>

#define PATCHBAY_VERSION "0.1.0"

#define PATCHBAY_TEXT_OF(x) #x
#define PATCHBAY_TEXT(x) PATCHBAY_TEXT_OF(x)

#if defined(__clang__)
#define PATCHBAY_COMPILER "clang " PATCHBAY_TEXT(__clang_major__)
#else
#define PATCHBAY_COMPILER "gcc " PATCHBAY_TEXT(__GNUC__)
#endif

#if defined(__SANITIZE_ADDRESS__)
#define PATCHBAY_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define PATCHBAY_SANITIZER "thread"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PATCHBAY_SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define PATCHBAY_SANITIZER "thread"
#endif
#endif
#ifndef PATCHBAY_SANITIZER
#define PATCHBAY_SANITIZER "no"
#endif

#ifdef _GLIBCXX_DEBUG
#define PATCHBAY_CONTAINERS "checked"
#else
#define PATCHBAY_CONTAINERS "plain"
#endif

namespace patchbay {

/// Two binaries with different tags must not share objects: their layouts may differ. Framework, compiler, standard library,
/// and the flags that change what a type looks like.
inline constexpr std::string_view kAbiTag =
    "patchbay " PATCHBAY_VERSION ", " PATCHBAY_COMPILER ", libstdc++ " PATCHBAY_TEXT(_GLIBCXX_RELEASE) " (cxx11 abi "
    PATCHBAY_TEXT(_GLIBCXX_USE_CXX11_ABI) ", " PATCHBAY_CONTAINERS " containers), " PATCHBAY_SANITIZER " sanitizer";

}  // namespace patchbay
