// The one format of a log line, and what may be in it.
#include "base/Log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace patchbay::log {
namespace {

using namespace std::chrono_literals;

TEST(LogLine, HasTimeLevelSourceAndText) {
    const std::chrono::system_clock::time_point time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 28} + 7h + 24min + 4s + 23ms};
    EXPECT_EQ(shown(time, Level::Info, "polls", "closed"), "2026-11-28T07:24:04.023Z Information polls: closed\n");
    EXPECT_EQ(shown(time + 977ms, Level::Warning, "/chat/{room}", ""), "2026-11-28T07:24:05.000Z Warning /chat/{room}: \n");
    EXPECT_EQ(shown({}, Level::Error, "a", "b"), "1970-01-01T00:00:00.000Z Error a: b\n");
}

TEST(Log, GoesToStandardErrorInThatFormatWithoutDebugLines) {
    testing::internal::CaptureStderr();
    debug("LogTest", "nobody asked");
    info("LogTest", "one\nof two lines");
    error("LogTest", "an \x1b[31mescape");
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(said.find("nobody asked"), std::string::npos);
    EXPECT_NE(said.find("Z Information LogTest: one\n    of two lines\n"), std::string::npos) << said;
    EXPECT_NE(said.find("Z Error LogTest: an "), std::string::npos) << said;
    EXPECT_EQ(said.find('\x1b'), std::string::npos);
}

/// Before anything is done with it: a session that ends is a line that hardly anybody asks for.
TEST(Log, LinesBelowWhatASinkAsksForDoNotComeToIt) {
    static std::vector<std::string> kept;
    const Sink before = redirect([](Level, std::string_view, std::string_view line) { kept.emplace_back(line); }, Level::Warning);
    debug("LogTest", "debug");
    info("LogTest", "info");
    warning("LogTest", "warning");
    error("LogTest", "error");
    redirect(before);
    EXPECT_EQ(kept, (std::vector<std::string>{"warning", "error"}));
}

TEST(Log, ASourceThatSaysTooMuchLosesLinesAndIsTold) {
    std::size_t shown = 0;
    for (int i = 0; i < 200; ++i) shown += admitted("a chatty source", "x").has_value();
    EXPECT_GE(shown, 50U);
    EXPECT_LT(shown, 200U);
}

}  // namespace
}  // namespace patchbay::log
