#pragma once
// Plugins of a server, from their files to their end.
//
//     find file -> read note -> map -> read keys -> make         all of them, every problem collected, before
//       -> install, in order of need and configuration           any of them adds anything to the server
//         -> start -> (the server serves) -> stop, in the opposite order
//           -> destroy the object -> (the server drops what it added) -> unmap
//
// Who owns what: the host owns each object and its library. What a plugin has added is held by the server, and is gone
// before a library is unmapped: the server destroys its host last. Whatever may be kept beyond that (a service, a timer, a
// task, a property) pins its library (detail/Image.hpp).

#include <patchbay/config.hpp>
#include <patchbay/plugin.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::plugins {

class PluginHost {
public:
    PluginHost();
    /// Unmaps the libraries. One that somebody outside still has something of stays mapped, and the log names it.
    ~PluginHost();
    PluginHost(const PluginHost&) = delete;
    PluginHost& operator=(const PluginHost&) = delete;

    /// Takes a plugin that is linked in.
    void add(std::unique_ptr<Plugin> plugin);
    /// Loads what the configuration names and makes the objects; nothing is installed yet.
    /// Errors: appended to `problems`; then nothing may be installed.
    void load(const ServerConfig& config, std::vector<std::string>& problems);
    /// Errors: appended to `problems`, each with the plugin's name.
    void install(ServerContainer& server, std::vector<std::string>& problems);
    /// Starts them in order; when one throws, those before it are stopped again.   Errors: appended to `problems`.
    void start(std::vector<std::string>& problems);
    void stop() noexcept;
    /// Name and version of each of a section of the configuration, `plugins` or `apps`; what is linked in counts as the former.
    std::vector<std::string> shown(std::string_view section) const;
    /// Destroys the objects, the last installed first; their libraries stay.
    void destroy() noexcept;
    /// Instead: objects and libraries stay for as long as the process lives, and are named in the log. Handlers of theirs still
    /// run, or there is no server any more for their destructors to look at.
    void keepForEver();

private:
    class Library;
    struct Loaded;

    void open(const LibraryConfig& entry, const std::string& section, std::size_t index, const std::vector<std::string>& folders,
              std::vector<ConfigProblem>& problems);
    void orderByNeed(std::vector<std::string>& problems);

    std::vector<std::unique_ptr<Loaded>> plugins_;
    bool started_ = false;
};

}  // namespace patchbay::plugins
