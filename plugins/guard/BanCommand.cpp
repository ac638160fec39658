// `patchbay-server ban`: changes the file of bans, which a running server reads again when it has changed.

#include "BanFileEdit.hpp"
#include "CommandLine.hpp"

#include <patchbay/application.hpp>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace patchbay::guard {
namespace {

using std::chrono::system_clock;

constexpr const char* kExamples = R"(
Examples:
  patchbay-server ban 192.0.2.7 --for 1h --reason "floods the lobby" --file /etc/patchbay/bans
  patchbay-server ban 2001:db8::/48 --config /etc/patchbay/patchbay.yaml
  patchbay-server ban user:bob --for 7d --config patchbay.yaml
  patchbay-server ban user:bob --remove --config patchbay.yaml
  patchbay-server ban --list --config patchbay.yaml

A server whose plugin guard has this file as its banFile reads it within a second: sessions of who is banned end with 1008 `banned`, and he
gets 403 when he comes again. An address of IPv6 stands for its network of 64 bits.)";

struct Words {
    std::string whom, reason, file, config;
    long seconds = 0;  // 0: for ever
    bool lists = false, removes = false;
};

bool isOfGuard(const std::string& library) {
    return library == "guard" || std::filesystem::path{library}.filename() == "libguard.so";
}

/// Errors: std::invalid_argument.
std::string banFileOf(const std::string& path) {
    const LoadedConfig loaded = loadConfig(path);
    if (!loaded.problems.empty()) throw std::invalid_argument{loaded.problems.front().shown()};
    for (const LibraryConfig& plugin : loaded.config.plugins) {
        const auto& node = plugin.config.node;
        if (!isOfGuard(plugin.library) || !node) continue;
        for (std::size_t i = 0; i < node->keys.size(); ++i) {
            if (node->keys[i].text != "banFile") continue;
            const std::string& file = node->elements[i].text;
            if (std::filesystem::path{file}.is_absolute()) return file;
            throw std::invalid_argument{path + ": banFile: " + file + " begins where the server was started, which nobody knows here; write it from / on, or "
                                               "name it by --file"};
        }
    }
    throw std::invalid_argument{path + " has no plugin guard with a banFile; add { library: guard, config: { banFile: /etc/patchbay/bans } } to its "
                                       "plugins, or name a file by --file"};
}

Ban banOf(std::string_view whom) {
    constexpr std::string_view kUser = "user:";
    Ban ban{.of = Ban::Of::Address, .whom = std::string{whom}};
    if (whom.starts_with(kUser)) ban = {.of = Ban::Of::User, .whom = std::string{whom.substr(kUser.size())}};
    try {
        requireWhom(ban);
    } catch (const std::invalid_argument& error) {
        if (ban.of == Ban::Of::User || whom.find('/') != std::string_view::npos) throw;
        throw std::invalid_argument{std::string{error.what()} + "; for a user user:" + std::string{whom}};
    }
    return ban;
}

int list(const BanFileEdit& file) {
    bool some = false;
    for (const BanLine& line : file.bans()) {
        if (line.ban.end <= system_clock::now()) continue;
        some = true;
        std::cout << textOf(line) << '\n';
    }
    if (!some) std::cerr << "nobody is banned\n";
    return 0;
}

int remove(BanFileEdit& file, const Ban& ban) {
    if (!file.remove(ban)) throw std::invalid_argument{ban.whom + " is not banned there; --list says who is"};
    file.save();
    std::cout << ban.whom << " is not banned any more\n";
    return 0;
}

int add(BanFileEdit& file, BanLine line, long seconds) {
    const auto now = std::chrono::floor<std::chrono::seconds>(system_clock::now());
    if (seconds != 0) line.ban.end = now + std::chrono::seconds{seconds};
    file.removeOver(now);
    file.put(line);
    file.save();
    std::cout << textOf(line) << '\n';
    return 0;
}

int apply(const Words& words) {
    BanFileEdit file{words.file.empty() ? banFileOf(words.config) : words.file};
    if (words.lists) return list(file);
    const Ban ban = banOf(words.whom);
    return words.removes ? remove(file, ban) : add(file, {ban, words.reason}, words.seconds);
}

int run(int argc, char** argv) {
    CLI::App app{"Bans an address, a network or a user, or says who is banned."};
    Words words;
    constexpr double kLongest = 100.0 * 365 * 24 * 3600;
    auto* const whom = app.add_option("WHOM", words.whom, "an address, a network such as 192.0.2.0/24, or user:NAME");
    auto* const duration = app.add_option("--for", words.seconds, "how long: 30s, 10m, 1h, 7d; for ever if not given")
                               ->transform(patchbay::duration())
                               ->check(CLI::Range(1.0, kLongest, "at most a hundred years"))
                               ->type_name("DURATION");
    auto* const reason = app.add_option("--reason", words.reason, "why, for whoever reads the list");
    auto* const lists = app.add_flag("--list", words.lists, "says who is banned, and until when");
    app.add_flag("--remove", words.removes, "bans WHOM no more")->excludes(duration)->excludes(reason)->excludes(lists)->needs(whom);
    lists->excludes(whom)->excludes(duration)->excludes(reason);
    auto* const file = app.add_option("--file", words.file, "the file of bans; it is made where it is not there");
    app.add_option("--config", words.config, "the server's configuration, which says which file")->excludes(file);
    app.footer(kExamples);
    return runCommandLine(app, "ban", argc, argv, [&] {
        const char* wrong = nullptr;
        if (words.whom.empty() && !words.lists) wrong = "says nobody: an address, a network, user:NAME, or --list";
        if (words.file.empty() && words.config.empty()) wrong = "which file? --file /etc/patchbay/bans, or --config patchbay.yaml";
        if (!wrong) return apply(words);
        std::cerr << app.get_name() << ": " << wrong << "; try --help\n";
        return kSenseless;
    });
}

const RegisteredCommand command{{"ban", "bans an address, a network or a user, and says who is banned", &run}};

}  // namespace
}  // namespace patchbay::guard
