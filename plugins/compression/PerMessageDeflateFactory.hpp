#pragma once
// Agrees on permessage-deflate with clients and servers (RFC 7692 §7.1), and on how much context is kept: what the
// memory budget does not hold is agreed away beforehand, never refused later.

#include "CompressionConfig.hpp"
#include "Parameters.hpp"
#include "PerMessageDeflate.hpp"

namespace patchbay::compression {

/// Thread: any, several at once.
class PerMessageDeflateFactory final : public ExtensionFactory {
public:
    /// Errors: std::invalid_argument with all that problemsOf() says.
    explicit PerMessageDeflateFactory(const CompressionConfig& config = {});

    std::string_view name() const noexcept override { return kName; }
    std::optional<Agreed> accept(const ExtensionTerms& offer) override;
    std::vector<ExtensionTerms> offers() const override;
    std::unique_ptr<Extension> agree(const ExtensionTerms& answer) override;

    /// What sessions hold or have set aside.   Units: bytes.
    std::size_t memoryUsed() const noexcept { return shared_->budget.used(); }

private:
    Parameters offered() const;

    CompressionConfig config_;
    std::shared_ptr<Shared> shared_;
};

}  // namespace patchbay::compression
