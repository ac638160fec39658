#include "plugins/PluginHost.hpp"

#include "base/Guarded.hpp"
#include "base/Images.hpp"
#include "base/Log.hpp"
#include "base/TypeName.hpp"
#include "plugins/PluginFile.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

namespace patchbay::plugins {
namespace {

using Entry = const detail::PluginEntry* (*)() noexcept;

/// For calls of other threads that were under way when the server ended.
constexpr std::chrono::seconds kCallsEnd{1};

}  // namespace

namespace {

/// What is mapped now: each object's parts of the address space.
std::map<std::uintptr_t, std::vector<images::Range>> mappedObjects() {
    std::map<std::uintptr_t, std::vector<images::Range>> all;
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* to) {
            auto& ranges = (*static_cast<decltype(all)*>(to))[object->dlpi_addr];
            for (ElfW(Half) i = 0; i < object->dlpi_phnum; ++i) {
                const auto& part = object->dlpi_phdr[i];
                const std::uintptr_t begin = object->dlpi_addr + part.p_vaddr;
                if (part.p_type == PT_LOAD) ranges.push_back({begin, begin + part.p_memsz});
            }
            return 0;
        },
        &all);
    return all;
}

}  // namespace

/// A mapped library, unmapped with its owner, unless something of it is still in use. Not by POCO's SharedLibrary, which
/// binds symbols when they are first used: one that is missing would end the server in the middle of its work.
class PluginHost::Library {
public:
    /// Errors: std::runtime_error when it cannot be loaded.
    explicit Library(const std::string& path) {
        const std::lock_guard guard{changing()};
        const auto before = mappedObjects();
        handle_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!handle_) throw std::runtime_error{::dlerror()};
        link_map* where = nullptr;
        ::dlinfo(handle_, RTLD_DI_LINKMAP, &where);
        image_ = detail::imageOf(where->l_ld);
        if (image_) {  // another server's, or it has stayed
            images::open(*image_);
            return;
        }
        // The libraries that it needs come and go with it.
        std::vector<images::Range> ranges;
        for (const auto& [base, parts] : mappedObjects()) {
            if (!before.contains(base)) ranges.insert(ranges.end(), parts.begin(), parts.end());
        }
        image_ = images::add(path, std::move(ranges));
    }
    ~Library() {
        if (!images::close(*image_)) return;  // who goes last unmaps it
        // A thread that publishes or sends right now holds the hooks for that time.
        if (!images::waitUntilUnpinned(*image_, std::chrono::steady_clock::now() + kCallsEnd)) {
            const std::size_t pins = images::pins(*image_);
            log::warning("plugins", images::nameOf(*image_) + " stays mapped: something of it is still in use (" +
                                        std::to_string(pins) + " pins: a task, a timer, a service, a property)");
            return;
        }
        const std::lock_guard guard{changing()};
        for (int times = images::remove(*image_); times > 0; --times) ::dlclose(handle_);
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    /// nullptr when it has none.
    const detail::PluginEntry* entry() {
        const auto symbol = reinterpret_cast<Entry>(::dlsym(handle_, "patchbay_plugin"));
        return symbol ? symbol() : nullptr;
    }

private:
    /// One load at a time, or it would take another's libraries for its own; none while one is unmapped.
    static std::mutex& changing() {
        static std::mutex one;
        return one;
    }
    void* handle_ = nullptr;
    detail::Image* image_ = nullptr;
};

struct PluginHost::Loaded {
    std::unique_ptr<Library> library;  // nullptr: linked in; outlives the object
    std::string section = "plugins";  // of the configuration: plugins or apps
    std::string name;     // of one that is linked in: its class
    std::string version;
    std::vector<std::string> needs;
    std::unique_ptr<Plugin> object;

    std::string shown() const { return version.empty() ? name : name + ' ' + version; }
};

PluginHost::PluginHost() = default;
PluginHost::~PluginHost() {
    destroy();
    while (!plugins_.empty()) plugins_.pop_back();
}

void PluginHost::add(std::unique_ptr<Plugin> plugin) {
    auto loaded = std::make_unique<Loaded>();
    const Plugin& object = *plugin;
    loaded->name = readableName(typeid(object));
    loaded->object = std::move(plugin);
    plugins_.push_back(std::move(loaded));
}

void PluginHost::load(const ServerConfig& config, std::vector<std::string>& problems) {
    auto folders = config.pluginFolders;
    folders.push_back(ownPluginFolder());
    std::vector<ConfigProblem> found;
    const auto openAll = [&](const std::vector<LibraryConfig>& entries, const std::string& section) {
        for (std::size_t i = 0; i < entries.size(); ++i) {
            open(entries[i], section, i, folders, found);
        }
    };
    openAll(config.plugins, "plugins");
    openAll(config.apps, "apps");
    for (const auto& problem : found) problems.push_back(problem.file.empty() ? problem.text : problem.shown());
    if (problems.empty()) orderByNeed(problems);
    if (!problems.empty()) std::erase_if(plugins_, [](const auto& plugin) { return plugin->library != nullptr; });
}

void PluginHost::open(const LibraryConfig& entry, const std::string& section, std::size_t index,
                      const std::vector<std::string>& folders, std::vector<ConfigProblem>& problems) {
    const std::string where = section + '[' + std::to_string(index) + ']';
    const auto problem = [&](const std::string& text) {
        problems.push_back({entry.config.file, entry.config.line, where + ": " + text});
    };
    const FoundLibrary found = findLibrary(entry.library, folders);
    if (!found.problem.empty()) return problem(found.problem);
    const auto read = readPluginFile(found.path);
    if (const auto* wrong = std::get_if<std::string>(&read)) return problem(*wrong);
    const auto& file = std::get<PluginFile>(read);
    if (file.abi != kAbiTag) {
        return problem("\"" + found.path + "\" (" + file.name + ") was built for another server: it has \"" + file.abi +
                       "\", and this server is \"" + std::string{kAbiTag} + "\"; build it again with what built the server");
    }
    if (std::ranges::any_of(plugins_, [&](const auto& other) { return other->name == file.name; })) {
        return problem("the plugin \"" + file.name + "\" is there twice; once is enough");
    }
    auto loaded = std::make_unique<Loaded>();
    loaded->section = section;
    loaded->name = file.name;
    loaded->version = file.version;
    try {
        loaded->library = std::make_unique<Library>(found.path);
    } catch (const std::runtime_error& error) {
        return problem(std::string{"it cannot be loaded: "} + error.what());  // which begins with the path
    }
    const detail::PluginEntry* made = loaded->library->entry();
    if (!made) return problem("\"" + found.path + "\" has a plugin's note, but no PATCHBAY_PLUGIN entry");
    for (const std::string_view need : made->options.needs) {
        if (!need.empty()) loaded->needs.emplace_back(need);
    }
    ConfigBlock keys = entry.config;
    if (keys.path.empty()) keys.path = where + ".config";
    const auto thrown = thrownBy([&] { loaded->object = made->make(keys, problems); });
    if (thrown) problem(loaded->name + ": " + *thrown);
    plugins_.push_back(std::move(loaded));
}

/// Each plugin behind those that it needs, and otherwise as the configuration has them.
void PluginHost::orderByNeed(std::vector<std::string>& problems) {
    std::vector<std::unique_ptr<Loaded>> ordered;
    const auto isIn = [](const auto& list, const std::string& name) {
        return std::ranges::any_of(list, [&](const auto& plugin) { return plugin && plugin->name == name; });
    };
    for (const auto& plugin : plugins_) {
        for (const auto& need : plugin->needs) {
            if (!isIn(plugins_, need)) problems.push_back(plugin->name + ": needs the plugin \"" + need + "\", which is not switched on");
        }
    }
    if (!problems.empty()) return;
    while (ordered.size() < plugins_.size()) {
        const auto ready = std::ranges::find_if(plugins_, [&](const auto& plugin) {
            return plugin && std::ranges::all_of(plugin->needs, [&](const auto& need) { return isIn(ordered, need); });
        });
        if (ready == plugins_.end()) break;
        ordered.push_back(std::move(*ready));
    }
    std::string circle;
    for (auto& plugin : plugins_) {
        if (!plugin) continue;
        circle += (circle.empty() ? "" : ", ") + plugin->name;
        ordered.push_back(std::move(plugin));
    }
    if (!circle.empty()) problems.push_back("these plugins need each other in a circle: " + circle);
    plugins_ = std::move(ordered);
}

void PluginHost::install(ServerContainer& server, std::vector<std::string>& problems) {
    for (const auto& plugin : plugins_) {
        const auto thrown = thrownBy([&] { plugin->object->install(server); });
        if (thrown) problems.push_back("plugin " + plugin->name + ": install: " + *thrown);
        if (plugin->library) log::info(plugin->section, plugin->shown());
    }
}

void PluginHost::start(std::vector<std::string>& problems) {
    for (auto plugin = plugins_.begin(); plugin != plugins_.end(); ++plugin) {
        const auto thrown = thrownBy([&] { (*plugin)->object->start(); });
        if (!thrown) continue;
        problems.push_back("plugin " + (*plugin)->name + ": start: " + *thrown);
        while (plugin != plugins_.begin()) {
            --plugin;
            guarded("plugins", (*plugin)->name + ": stop()", [&] { (*plugin)->object->stop(); });
        }
        return;
    }
    started_ = true;
}

std::vector<std::string> PluginHost::shown(std::string_view section) const {
    std::vector<std::string> all;
    for (const auto& plugin : plugins_) {
        if (plugin->section == section) all.push_back(plugin->shown());
    }
    return all;
}

void PluginHost::stop() noexcept {
    if (!std::exchange(started_, false)) return;
    for (auto plugin = plugins_.rbegin(); plugin != plugins_.rend(); ++plugin) {
        guarded("plugins", (*plugin)->name + ": stop()", [&] { (*plugin)->object->stop(); });
    }
}

void PluginHost::keepForEver() {
    static std::mutex lock;
    static auto& kept = *new std::vector<std::unique_ptr<Loaded>>;  // never destroyed
    const std::lock_guard guard{lock};
    for (auto& plugin : plugins_) {
        log::warning("plugins", plugin->name + " stays in memory until the program ends");
        kept.push_back(std::move(plugin));
    }
    plugins_.clear();
}

void PluginHost::destroy() noexcept {
    for (auto plugin = plugins_.rbegin(); plugin != plugins_.rend(); ++plugin) (*plugin)->object.reset();
}

}  // namespace patchbay::plugins
