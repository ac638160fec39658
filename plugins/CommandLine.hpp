#pragma once
// How plugins' commands read their command line: by CLI11, whose mistakes are told as those of the server's own options are.

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>
#include <map>
#include <string>

namespace patchbay {

constexpr int kSenseless = 2;  ///< the exit code for a command line that makes no sense

/// Reads the words from the command's own on, and runs `run` with what they say. Returns the exit code.
inline int runCommandLine(CLI::App& app, const std::string& name, int argc, char** argv, const std::function<int()>& run) {
    app.name("patchbay-server " + name);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::cout << app.help();
        return 0;
    } catch (const CLI::ParseError& error) {
        std::cerr << app.get_name() << ": " << error.what() << "; try --help\n";
        return kSenseless;
    }
    return run();
}

/// `30s`, `10m` (or `10min`, as in a configuration), `1h`, `7d`.   Units of what it leaves: seconds.
inline CLI::AsNumberWithUnit duration() {
    const std::map<std::string, long> units{{"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    return CLI::AsNumberWithUnit{units, CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION"};
}

}  // namespace patchbay
