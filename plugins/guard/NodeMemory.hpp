#pragma once
// Memory of a table's nodes that goes round: what one has given back the next gets, so that who comes and goes has nothing allocated. As much as
// there were at once.

#include <cstddef>
#include <new>

namespace patchbay::guard {

/// Nodes that nobody uses, all of one size.   Thread: one at a time.
class SpareNodes {
public:
    SpareNodes() = default;
    SpareNodes(const SpareNodes&) = delete;
    ~SpareNodes() {
        while (first_) ::operator delete(take());
    }

    void* take() noexcept {
        Node* const node = first_;
        if (node) first_ = node->next;
        return node;
    }
    void put(void* memory) noexcept { first_ = new (memory) Node{first_}; }

private:
    struct Node {
        Node* next;
    };
    Node* first_ = nullptr;
};

/// Of a table with nodes of its own: what it allocates one at a time are these.   Requires: `spare` outlives the table.
template <class T>
struct NodeMemory {
    using value_type = T;

    explicit NodeMemory(SpareNodes& nodes) noexcept : spare{&nodes} {}
    template <class U>
    explicit(false) NodeMemory(const NodeMemory<U>& other) noexcept : spare{other.spare} {}

    T* allocate(std::size_t count) {
        void* const node = isNode(count) ? spare->take() : nullptr;
        // NOLINTNEXTLINE(bugprone-sizeof-expression): of a table's buckets, which are pointers
        return static_cast<T*>(node ? node : ::operator new(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t count) noexcept { isNode(count) ? spare->put(memory) : ::operator delete(memory); }

    SpareNodes* spare;
    friend bool operator==(const NodeMemory&, const NodeMemory&) = default;

private:
    // NOLINTNEXTLINE(bugprone-sizeof-expression): likewise
    static constexpr bool isNode(std::size_t count) noexcept { return count == 1 && sizeof(T) > sizeof(void*); }
};

}  // namespace patchbay::guard
