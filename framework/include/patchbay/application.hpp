#pragma once
// A whole server program: command line, configuration file, log, signals.
//
//     int main(int argc, char** argv) {
//         return patchbay::runApplication(argc, argv, {.install = [](patchbay::Server& server) { server.deployRegistered(); }});
//     }

#include <patchbay/config.hpp>
#include <patchbay/server.hpp>

#include <functional>
#include <string>
#include <vector>

namespace patchbay {

/// What a program does instead of serving when the first word of its command line is `name`.
struct Command {
    std::string name;
    std::string summary;  ///< one line, for --help
    /// The words from that one on, as main() gets them. Returns the program's exit code: 0; 1 where it could not be done; 2 for a command line
    /// that makes no sense.   Errors: what it throws stands on standard error, and the exit code is 1.
    std::function<int(int argc, char** argv)> run;
};

/// A command of something that is linked in, such as a plugin's: at namespace level, `const RegisteredCommand command{{…}};`.
/// Thread: before main(), and the one that runs that.
class RegisteredCommand {
public:
    explicit RegisteredCommand(Command command);
    /// All of them, by name.
    static std::vector<Command> all();
};

struct Application {
    std::string name = "patchbay-server";
    /// What holds where no --config is given.
    ServerConfig config = {};
    /// Called once before the server starts: provide, deploy, handle. What this or `ready` throws ends the program with 1.
    std::function<void(Server&)> install = {};
    /// Called before that where the configuration has a `store:`. `openStore` of `<patchbay/sqlite_store.hpp>` (Patchbay::store) is one.
    std::function<void(Server&, const StoreConfig&)> openStore = {};
    /// Called once it listens.
    std::function<void(Server&)> ready = {};
    /// Called once when the stop begins, whoever stops it: an application ends its own threads here. Nobody new gets in any more,
    /// the sessions are still open and may be sent to; then they get their goodbye.
    /// Thread: that which stops; Server::stop() throws there.   Errors: what it throws is logged.
    std::function<void(Server&)> stopping = {};
    /// Beside serving: `name ban …`.
    std::vector<Command> commands = {};
};

/// Runs a command where the command line begins with one; else until SIGINT, SIGTERM or Server::requestStop(). Options: --config FILE, --port N, --loops N, --tls CERT KEY, --plugin NAME, --help.
/// Returns the exit code: 0; 1 when the server cannot start or handlers never returned; 2 for a command line that makes no sense. What is wrong
/// stands on standard error, all of it at once, each problem with what to do.
int runApplication(int argc, char** argv, const Application& application);

}  // namespace patchbay
