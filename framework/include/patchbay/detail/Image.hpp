#pragma once
// Which binary image code belongs to: this program, or a shared library that a server has loaded and will unload.
//
// Whoever keeps something of an image's (a task, a hook, a value with a destructor) keeps an ImagePin of it, released after
// the thing itself: what is pinned is not unmapped. Public functions that take such things are hidden inline functions, so
// that each image has its own copy, in which thisImage() tells the caller's image.

#include <utility>

#define PATCHBAY_HIDDEN __attribute__((visibility("hidden")))

namespace patchbay::detail {

/// A library that may be unmapped (base/Images.hpp).
struct Image;

/// The image that `address` lies in; nullptr for one that is never unmapped.   Thread: any.
Image* imageOf(const void* address) noexcept;
void pin(Image& image) noexcept;
void unpin(Image& image) noexcept;

/// Keeps an image mapped.   Thread: any; one pin, one at a time.
class ImagePin {
public:
    ImagePin() noexcept = default;
    explicit ImagePin(Image* image) noexcept : image_{image} {
        if (image_) pin(*image_);
    }
    ImagePin(const ImagePin& other) noexcept : ImagePin{other.image_} {}
    ImagePin(ImagePin&& other) noexcept : image_{std::exchange(other.image_, nullptr)} {}
    ImagePin& operator=(ImagePin other) noexcept {
        std::swap(image_, other.image_);
        return *this;
    }
    ~ImagePin() {
        if (image_) unpin(*image_);
    }
    const Image* image() const noexcept { return image_; }

private:
    Image* image_ = nullptr;
};

/// A pin of the image whose code calls this.
PATCHBAY_HIDDEN inline ImagePin thisImage() noexcept {
    static const char anchor = 0;
    return ImagePin{imageOf(&anchor)};
}

}  // namespace patchbay::detail
