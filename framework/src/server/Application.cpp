#include "base/Guarded.hpp"
#include "configuration/ListenUrl.hpp"
#include "server/Logging.hpp"

#include <patchbay/application.hpp>

#include <Poco/Exception.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/IntValidator.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/Validator.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <stdexcept>

namespace patchbay {
namespace {

using Poco::Util::Option;

struct Arguments {
    std::string config;
    std::optional<int> port;
    std::optional<int> loops;
    std::optional<CertificateConfig> tls;
    std::vector<std::string> plugins;
    bool help = false;
};

Poco::Util::OptionSet options() {
    Poco::Util::OptionSet set;
    set.addOption(Option("config", "c", "the configuration, a YAML file").argument("FILE"));
    set.addOption(Option("port", "p", "the port to listen on instead of the configured one; 0 for any free one")
                      .argument("N")
                      .validator(new Poco::Util::IntValidator(0, 65535)));
    set.addOption(Option("loops", "l", "event loops, each a thread; one per core if not given")
                      .argument("N")
                      .validator(new Poco::Util::IntValidator(1, 1024)));
    set.addOption(Option("tls", "", "https and wss, with the certificate in CERT and its key in KEY, both PEM files")
                      .argument("CERT KEY"));
    set.addOption(Option("plugin", "", "a plugin to switch on beside the configured ones; may be there several times")
                      .argument("NAME")
                      .repeatable(true));
    set.addOption(Option("help", "h", "this text"));
    return set;
}

/// Errors: Poco::Exception for a command line that makes no sense.
Arguments parse(const Poco::Util::OptionSet& set, int argc, char** argv) {
    Poco::Util::OptionProcessor processor{set};
    processor.setUnixStyle(true);
    Arguments arguments;
    const auto take = [&](const std::string& name, const std::string& value) {
        const Option& option = set.getOption(name);
        if (option.validator()) option.validator()->validate(option, value);
        if (name == "config") arguments.config = value;
        if (name == "port") arguments.port = std::stoi(value);
        if (name == "loops") arguments.loops = std::stoi(value);
        if (name == "plugin") arguments.plugins.push_back(value);
        if (name == "help") arguments.help = true;
    };
    for (int i = 1; i < argc; ++i) {
        if (argv[i] == std::string_view{"--tls"}) {  // POCO's options have one argument at most
            if (argc - i < 3) throw Poco::InvalidArgumentException{"--tls needs two files, a certificate and its key"};
            arguments.tls = {argv[i + 1], argv[i + 2]};
            i += 2;
            continue;
        }
        std::string name;
        std::string value;
        if (!processor.process(argv[i], name, value)) {
            throw Poco::InvalidArgumentException{std::string{"'"} + argv[i] + "' is no option"};
        }
        if (!name.empty()) take(name, value);
    }
    processor.checkRequired();
    return arguments;
}

std::vector<Command>& registered() {
    static std::vector<Command> commands;
    return commands;
}

void help(const Poco::Util::OptionSet& set, const Application& application) {
    Poco::Util::HelpFormatter formatter{set};
    formatter.setUnixStyle(true);
    formatter.setCommand(application.name);
    formatter.setUsage("[OPTIONS]");
    formatter.setHeader("Serves WebSocket endpoints and pages until Ctrl-C or SIGTERM.");
    formatter.format(std::cout);
    if (application.commands.empty()) return;
    std::size_t width = 0;
    for (const Command& command : application.commands) width = std::max(width, command.name.size());
    std::cout << "\nor does something else instead; " << application.name << " COMMAND --help says more:\n";
    for (const Command& command : application.commands) {
        std::cout << "  " << command.name << std::string(width - command.name.size() + 2, ' ') << command.summary << '\n';
    }
}

/// The exit code of the command that the command line begins with; nothing where it begins with none.
std::optional<int> runCommand(int argc, char** argv, const Application& application) {
    if (argc < 2) return std::nullopt;
    const auto command = std::ranges::find(application.commands, std::string_view{argv[1]}, &Command::name);
    if (command == application.commands.end()) return std::nullopt;
    int exitCode = 1;
    const auto thrown = thrownBy([&] { exitCode = command->run(argc - 1, argv + 1); });
    if (thrown) std::cerr << application.name << ' ' << command->name << ": " << *thrown << '\n';
    return exitCode;
}

/// Nothing when there are problems, which have been told then.
std::optional<ServerConfig> configurationOf(const Arguments& arguments, const Application& application) {
    ServerConfig config = application.config;
    if (!arguments.config.empty()) {
        LoadedConfig loaded = loadConfig(arguments.config);
        for (const ConfigProblem& problem : loaded.problems) std::cerr << problem.shown() << '\n';
        if (!loaded.problems.empty()) {
            std::cerr << application.name << ": not started; mend the configuration above\n";
            return std::nullopt;
        }
        config = std::move(loaded.config);
    }
    if (arguments.tls) configuration::setTls(config.server.listen.at(0), *arguments.tls);
    if (arguments.port) configuration::setPort(config.server.listen.at(0), static_cast<std::uint16_t>(*arguments.port));
    if (arguments.loops) config.server.loops = static_cast<std::size_t>(*arguments.loops);
    for (const std::string& plugin : arguments.plugins) config.plugins.push_back({plugin});
    return config;
}

int serve(ServerConfig config, const std::string& file, const Application& application) {
    server::startLogging(config.logging);
    const StoreConfig store = config.store;
    if (!store.file.empty() && !application.openStore)
        throw std::runtime_error{"store: this program has nothing that keeps a history in a file; link Patchbay::store, and give its openStore to the Application"};
    Server server{std::move(config)};
    if (!file.empty()) server.announce("configuration", file);
    if (!store.file.empty()) application.openStore(server, store);
    if (application.install) application.install(server);
    const auto calling = [&](const std::function<void(Server&)>& callback) -> Task {
        if (!callback) return {};
        return [&] { callback(server); };
    };
    return server.run(calling(application.ready), calling(application.stopping));
}

}  // namespace

RegisteredCommand::RegisteredCommand(Command command) { registered().push_back(std::move(command)); }

std::vector<Command> RegisteredCommand::all() {
    auto commands = registered();
    std::ranges::sort(commands, {}, &Command::name);
    return commands;
}

int runApplication(int argc, char** argv, const Application& application) {
    if (const auto exitCode = runCommand(argc, argv, application)) return *exitCode;
    const auto set = options();
    Arguments arguments;
    try {
        arguments = parse(set, argc, argv);
    } catch (const Poco::Exception& error) {
        std::cerr << application.name << ": " << error.displayText() << "; try --help\n";
        return 2;
    }
    if (arguments.help) {
        help(set, application);
        return 0;
    }
    int exitCode = 1;
    const auto thrown = thrownBy([&] {
        auto config = configurationOf(arguments, application);
        if (config) exitCode = serve(std::move(*config), arguments.config, application);
    });
    if (thrown) std::cerr << application.name << ": " << *thrown << '\n';
    return exitCode;
}

}  // namespace patchbay
