// What waits for a file: before it is begun nobody writes, so the queue is the test's.
#include "access-log/Writer.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace patchbay::access_log {
namespace {

class WriterTest : public ::testing::Test {
protected:
    WriterTest() {
        std::string name = (std::filesystem::temp_directory_path() / "patchbay-access-log-XXXXXX").string();
        folder = ::mkdtemp(name.data());
    }
    ~WriterTest() override { std::filesystem::remove_all(folder); }
    std::string written() const {
        std::ifstream file{path()};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    std::string path() const { return folder + "/log"; }

    std::string folder;
};

TEST_F(WriterTest, HasAQueueForSoManyLinesAndNotOneMore) {
    constexpr int kMost = 5;
    for (const int more : {0, 1, 7}) {
        Writer writer{path(), kMost};
        std::string all;
        for (int i = 0; i < kMost + more; ++i) {
            const std::string line = std::to_string(i) + "\n";
            writer.add(line);
            if (i < kMost) all += line;
        }
        if (more > 0) all += "# " + std::to_string(more) + " lines are missing here: they came faster than this file took them\n";
        writer.start();
        writer.finish();
        EXPECT_EQ(written(), all) << more;
        std::filesystem::remove(path());
    }
}

TEST_F(WriterTest, HasRoomAgainWhenItHasWritten) {
    Writer writer{path(), 1};
    writer.add("one\n");
    writer.start();
    writer.finish();
    writer.add("two\n");
    writer.start();
    writer.finish();
    EXPECT_EQ(written(), "one\ntwo\n");
}

}  // namespace
}  // namespace patchbay::access_log
