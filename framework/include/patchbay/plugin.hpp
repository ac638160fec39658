#pragma once
// Plugins: what an operator switches on in the configuration, without recompiling anything.
//
//     struct GreetingConfig { std::string text = "hello"; };        // its keys, with their defaults
//
//     class Greeting : public patchbay::Plugin {
//     public:
//         using Config = GreetingConfig;
//         explicit Greeting(Config config) : config_{std::move(config)} {}
//         void install(patchbay::ServerContainer& server) override {
//             server.handle("GET", "/greeting", [text = config_.text](const auto&, auto& out) { out.write("text/plain", text); });
//         }
//     private:
//         Config config_;
//     };
//     PATCHBAY_PLUGIN(Greeting, "greeting")
//
// Built by patchbay_add_plugin(greeting Greeting.cpp) it is libgreeting.so, and `plugins: [ greeting ]` switches it on.
//
// Its life: the note in the file is read (a library of another ABI is refused before any of its code runs), the library is
// loaded, its configuration is read, the object is made, install(), start(), the server serves, stop(), the sessions
// drain, the object is destroyed, the library is unloaded. Whatever is wrong is told before the server listens.
// Requires: nothing of the plugin's (objects, threads, thread-local objects) outlives the plugin object and what it has added
// to the server.

#include <patchbay/detail/PluginEntry.hpp>
#include <patchbay/extension.hpp>
#include <patchbay/hooks.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/server_container.hpp>

/// Makes `Class` the plugin of this library, under `name`. Further arguments: PluginOptions.
/// Once in a library, outside of any namespace; not in sources that are linked in.
#define PATCHBAY_PLUGIN(Class, name, ...)                                                                               \
    __attribute__((section(".note.patchbay"), used, aligned(4))) static constexpr ::patchbay::detail::PluginNote        \
        patchbayPluginNote = ::patchbay::detail::pluginNote(name, ::patchbay::PluginOptions{__VA_ARGS__}.version);       \
    extern "C" __attribute__((visibility("default"))) const ::patchbay::detail::PluginEntry* patchbay_plugin() noexcept { \
        static constexpr ::patchbay::detail::PluginEntry entry{name, ::patchbay::PluginOptions{__VA_ARGS__},             \
                                                               &::patchbay::detail::makePlugin<Class>,                  \
                                                               &::patchbay::detail::describeKeys<Class>};               \
        return &entry;                                                                                                   \
    }
