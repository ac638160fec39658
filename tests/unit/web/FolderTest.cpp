// What is found below a folder, and what is not.
#include "Folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

namespace patchbay::web {
namespace {

namespace fs = std::filesystem;
using Kind = Found::Kind;

constexpr std::chrono::hours kHour{1};

class FolderTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = fs::temp_directory_path() / "patchbay-folder-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        outside_ = name;
        root_ = outside_ / "root";
        fs::create_directories(root_ / "docs" / "empty");
        write(outside_ / "secret.txt", "secret");
        write(root_ / "index.html", "start");
        write(root_ / "a.txt", "text");
        write(root_ / "docs" / "index.html", "docs");
        write(root_ / "docs" / "caf\xc3\xa9.txt", "coffee");
    }
    void TearDown() override { fs::remove_all(outside_); }

    static void write(const fs::path& path, std::string_view content) { std::ofstream{path} << content; }
    static void makeOlder(const fs::path& path, std::chrono::hours by) {
        fs::last_write_time(path, fs::file_time_type::clock::now() - by);
    }
    Kind kind(std::string_view path) const { return Folder{root_}.find(path, {}).kind; }
    std::string content(std::string_view path, std::string_view acceptEncoding = {}) const {
        const Found found = Folder{root_}.find(path, acceptEncoding);
        if (found.kind != Kind::File) return "none";
        std::string all(found.of.size, '\0');
        EXPECT_EQ(found.file.read(0, std::as_writable_bytes(std::span{all})), all.size());
        return all;
    }

    fs::path outside_, root_;
};

TEST_F(FolderTest, FilesAreFoundByTheirNames) {
    EXPECT_EQ(content("a.txt"), "text");
    EXPECT_EQ(content("docs/caf\xc3\xa9.txt"), "coffee");
    EXPECT_EQ(kind("b.txt"), Kind::Nothing);
    EXPECT_EQ(kind("A.TXT"), Kind::Nothing);
}

TEST_F(FolderTest, AFoldersPageIsItsIndex) {
    EXPECT_EQ(content(""), "start");
    EXPECT_EQ(content("docs/"), "docs");
    EXPECT_EQ(kind("docs"), Kind::Folder);
    EXPECT_EQ(kind("docs/empty/"), Kind::Nothing);
    EXPECT_EQ(kind("a.txt/"), Kind::Nothing);
}

TEST_F(FolderTest, NothingOutsideIsFound) {
    for (const std::string path : {"../secret.txt", "docs/../a.txt", "./a.txt", "docs/../../secret.txt", "/etc/passwd", "docs//index.html",
                                   "..", ".", "docs/..", "a.txt/../a.txt"}) {
        EXPECT_EQ(kind(path), Kind::Nothing) << path;
    }
    EXPECT_EQ(kind((outside_ / "secret.txt").string()), Kind::Nothing);
}

TEST_F(FolderTest, ANulDoesNotEndAName) {
    EXPECT_EQ(kind(std::string_view{"a.txt\0", 6}), Kind::Nothing);
    EXPECT_EQ(kind(std::string_view{"a.txt\0.html", 11}), Kind::Nothing);
    EXPECT_EQ(kind(std::string_view{"docs\0/index.html", 16}), Kind::Nothing);
}

TEST_F(FolderTest, WhatIsHiddenStaysSo) {
    write(root_ / ".htpasswd", "x");
    fs::create_directory(root_ / ".git");
    write(root_ / ".git" / "config", "x");
    for (const char* path : {".htpasswd", ".git/config", ".git/", ".git"}) EXPECT_EQ(kind(path), Kind::Nothing) << path;
}

TEST_F(FolderTest, NoLinkIsFollowedWhereverItLeads) {
    fs::create_symlink(outside_ / "secret.txt", root_ / "out.txt");
    fs::create_symlink("a.txt", root_ / "in.txt");
    fs::create_directory_symlink(outside_, root_ / "up");
    fs::create_directory_symlink(root_ / "docs", root_ / "manual");
    fs::create_symlink(outside_ / "secret.txt", root_ / "a.txt.gz");
    for (const char* path : {"out.txt", "in.txt", "up/secret.txt", "up/", "manual/index.html", "manual"})
        EXPECT_EQ(kind(path), Kind::Nothing) << path;
    EXPECT_EQ(content("a.txt", "gzip"), "text");
}

TEST_F(FolderTest, TheFolderItselfMayBeALinkThatIsTurned) {
    fs::create_directory(outside_ / "next");
    write(outside_ / "next" / "a.txt", "new text");
    fs::create_directory_symlink(root_, outside_ / "current");
    const Folder folder{outside_ / "current"};
    EXPECT_EQ(folder.find("a.txt", {}).of.size, 4U);
    fs::create_directory_symlink(outside_ / "next", outside_ / "turned");
    fs::rename(outside_ / "turned", outside_ / "current");
    EXPECT_EQ(folder.find("a.txt", {}).of.size, 8U);
    fs::remove(outside_ / "current");
    EXPECT_EQ(folder.find("a.txt", {}).kind, Kind::Nothing);
}

TEST_F(FolderTest, WhatIsNoPlainFileIsNothingAndNobodyWaitsForIt) {
    ASSERT_EQ(::mkfifo((root_ / "pipe.txt").c_str(), 0600), 0);
    EXPECT_EQ(kind("pipe.txt"), Kind::Nothing);
}

TEST_F(FolderTest, WhereThereIsNoFolderThereIsNoSite) {
    EXPECT_THROW(Folder{root_ / "missing"}, std::invalid_argument);
    EXPECT_THROW(Folder{root_ / "a.txt"}, std::invalid_argument);
}

TEST_F(FolderTest, TheFormThatTheClientLikesBestIsTaken) {
    for (const char* path : {"a.txt", "docs/index.html"}) makeOlder(root_ / path, kHour);
    write(root_ / "a.txt.gz", "gzip!");
    write(root_ / "a.txt.br", "brotli");
    EXPECT_EQ(content("a.txt"), "text");
    EXPECT_EQ(content("a.txt", "gzip"), "gzip!");
    EXPECT_EQ(content("a.txt", "gzip, br"), "brotli");
    EXPECT_EQ(content("docs/index.html", "gzip, br"), "docs");
    const Found brotli = Folder{root_}.find("a.txt", "br");
    EXPECT_EQ(brotli.of.coding, Coding::Brotli);
    EXPECT_EQ(brotli.of.contentType, "text/plain; charset=utf-8");
    EXPECT_NE(brotli.of.etag, Folder{root_}.find("a.txt", {}).of.etag);
    EXPECT_TRUE(Folder{root_}.find("a.txt", {}).of.varies);
}

TEST_F(FolderTest, AFormThatIsOlderThanItsFileIsLeftOut) {
    write(root_ / "a.txt.gz", "of an older a.txt");
    makeOlder(root_ / "a.txt.gz", kHour);
    EXPECT_EQ(content("a.txt", "gzip"), "text");
}

TEST_F(FolderTest, WhatIsCompressedAlreadyHasNoOtherForms) {
    write(root_ / "a.png", "picture");
    makeOlder(root_ / "a.png", kHour);
    write(root_ / "a.png.gz", "gzip!");
    EXPECT_EQ(content("a.png", "gzip"), "picture");
    EXPECT_FALSE(Folder{root_}.find("a.png", "gzip").of.varies);
}

TEST_F(FolderTest, ATagIsWeakWhileItsFileMayStillChangeUnderIt) {
    makeOlder(root_ / "a.txt", kHour);
    write(root_ / "new.txt", "text");
    EXPECT_TRUE(Folder{root_}.find("a.txt", {}).of.etag.starts_with('"'));
    EXPECT_TRUE(Folder{root_}.find("new.txt", {}).of.etag.starts_with("W/\""));
}

TEST_F(FolderTest, AnotherTimeOrSizeIsAnotherTag) {
    makeOlder(root_ / "a.txt", kHour);
    const std::string before = Folder{root_}.find("a.txt", {}).of.etag;
    EXPECT_EQ(Folder{root_}.find("a.txt", {}).of.etag, before);
    makeOlder(root_ / "a.txt", 2 * kHour);
    EXPECT_NE(Folder{root_}.find("a.txt", {}).of.etag, before);
}

TEST_F(FolderTest, AReadEndsWhereTheFileDoes) {
    const Found found = Folder{root_}.find("a.txt", {});
    std::string room(10, '.');
    EXPECT_EQ(found.file.read(1, std::as_writable_bytes(std::span{room})), 3U);
    EXPECT_EQ(room.substr(0, 3), "ext");
    EXPECT_EQ(found.file.read(9, std::as_writable_bytes(std::span{room})), 0U);
}

}  // namespace
}  // namespace patchbay::web
