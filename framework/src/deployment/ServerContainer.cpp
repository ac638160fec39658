#include <patchbay/server_container.hpp>

#include <patchbay/hooks.hpp>
#include <patchbay/http_handlers.hpp>

#include "deployment/Deployments.hpp"
#include "messaging/History.hpp"

namespace patchbay {

Services& ServerContainer::services() { return deployments().services(); }

ServerContainer& ServerContainer::add(detail::EndpointModel model) {
    std::vector<detail::EndpointModel> models;
    models.push_back(std::move(model));
    add(std::move(models));
    return *this;
}

ServerContainer& ServerContainer::add(const detail::Registration* first) {
    std::vector<detail::EndpointModel> models;
    for (const detail::Registration* registration = first; registration; registration = registration->next) {
        models.push_back(registration->make());
    }
    add(std::move(models));
    return *this;
}

bool ServerContainer::undeploy(std::string_view path) { return deployments().undeploy(path); }

ServerContainer& ServerContainer::add(std::string method, std::string path, detail::PlainHttpHandler handler, detail::ImagePin pin) {
    deployments().addRoute({std::move(pin), std::move(method), std::move(path), std::move(handler.call)});
    return *this;
}

ServerContainer& ServerContainer::add(std::string method, std::string path, detail::AsyncHttpHandler handler, detail::ImagePin pin) {
    deployments().addRoute({std::move(pin), std::move(method), std::move(path), std::move(handler)});
    return *this;
}

ServerContainer& ServerContainer::addExtension(std::shared_ptr<ExtensionFactory> extension, detail::ImagePin pin) {
    deployments().addExtension({std::move(pin), std::move(extension)});
    return *this;
}

ServerContainer& ServerContainer::addInterceptor(std::shared_ptr<HandshakeInterceptor> interceptor, detail::ImagePin pin) {
    deployments().state().handshakeInterceptors.push_back({std::move(pin), std::move(interceptor)});
    return *this;
}

ServerContainer& ServerContainer::addInterceptor(std::shared_ptr<MessageInterceptor> interceptor, detail::ImagePin pin) {
    deployments().state().messageInterceptors.add({std::move(pin), std::move(interceptor)});
    return *this;
}

ServerContainer& ServerContainer::addListener(std::shared_ptr<SessionListener> listener, detail::ImagePin pin) {
    deployments().state().sessionListeners.push_back({std::move(pin), std::move(listener)});
    return *this;
}

ServerContainer& ServerContainer::addListener(std::shared_ptr<ConnectionListener> listener, detail::ImagePin pin) {
    deployments().state().connectionListeners.push_back({std::move(pin), std::move(listener)});
    return *this;
}

ServerContainer& ServerContainer::keepHistoryIn(std::shared_ptr<Store> store, detail::ImagePin pin) {
    Store* const object = store.get();
    const std::shared_ptr<Store> kept{detail::pinned(std::move(store), std::move(pin)), object};
    deployments().state().history->setDurable(kept);
    service<Readiness>()->add("store", [kept] { return kept->health().ok(); });
    return *this;
}

Timer ServerContainer::every(std::chrono::milliseconds interval, Task task) {
    return deployments().every(interval, std::move(task));
}

ServerContainer& ServerContainer::everyOnEachLoop(std::chrono::milliseconds interval, Ticker task, detail::ImagePin pin) {
    deployments().everyOnEachLoop(interval, std::move(task), std::move(pin));
    return *this;
}

Topics& ServerContainer::topicsOf(const void* identity) {
    const auto endpoint = deployments().endpointOf(identity);
    if (!endpoint) throw std::logic_error{"topicsOf: this class is not deployed; a server deploys when it starts"};
    return *endpoint->topics;
}

GlobalTopics& ServerContainer::globalTopics() { return services().get<GlobalTopics>(); }
std::size_t ServerContainer::sessionCount() const { return deployments().sessionCount(); }
std::uint64_t ServerContainer::closedFor(CloseCause cause) const { return deployments().state().closes.of(cause); }

}  // namespace patchbay
