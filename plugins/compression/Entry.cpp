#include "PerMessageDeflateFactory.hpp"

#include <patchbay/plugin.hpp>

namespace {

class Compression final : public patchbay::Plugin {
public:
    using Config = patchbay::compression::CompressionConfig;
    explicit Compression(const Config& config)
        : factory_{std::make_shared<patchbay::compression::PerMessageDeflateFactory>(config)} {}

    void install(patchbay::ServerContainer& server) override { server.addExtension(factory_); }

private:
    std::shared_ptr<patchbay::compression::PerMessageDeflateFactory> factory_;
};

}  // namespace

PATCHBAY_PLUGIN(Compression, "compression")
