// An ordered map that is a value: a copy shares everything with the original, and a change copies
// only the O(log n) nodes on its way. For state that every commit makes anew.
//
// A height-balanced tree (Adelson-Velsky and Landis, 1962) of shared immutable nodes. Distinct
// copies may be used from distinct threads; const operations on one are thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

namespace omnigraph {

template <typename K, typename V>
class PersistentMap {
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;
  struct Node {
    std::pair<const K, V> item;
    NodePtr left, right;
    std::uint32_t height = 1;
    std::size_t size = 1;
  };

 public:
  using value_type = std::pair<const K, V>;
  // Nodes that changes of any map of this type made since the start of the thread: for tests of
  // cost.
  static std::uint64_t nodes_made() { return made; }

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = PersistentMap::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    reference operator*() const { return path_[depth_ - 1]->item; }
    pointer operator->() const { return &path_[depth_ - 1]->item; }
    Iterator& operator++() {
      const Node* at = path_[--depth_];
      descend(at->right.get());
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const {
      if (depth_ == 0 || other.depth_ == 0) return depth_ == other.depth_;
      return path_[depth_ - 1] == other.path_[other.depth_ - 1];
    }

   private:
    friend class PersistentMap;
    // A tree of that height holds more nodes than memory can.
    static constexpr std::size_t kMaxHeight = 64;
    void push(const Node* node) {
      assert(depth_ < kMaxHeight);
      path_[depth_++] = node;
    }
    void descend(const Node* node) {
      for (; node != nullptr; node = node->left.get()) push(node);
    }
    // Nodes whose items, and whose right subtrees, are still to come; the next one is the last.
    std::array<const Node*, kMaxHeight> path_ = {};
    std::size_t depth_ = 0;
  };
  using const_iterator = Iterator;  // as containers call it
  using iterator = Iterator;

  std::size_t size() const { return size_of(root_); }
  bool empty() const { return root_ == nullptr; }

  Iterator begin() const {
    Iterator at;
    at.descend(root_.get());
    return at;
  }
  Iterator end() const { return {}; }

  // The first item whose key is not less than `key`.
  template <typename Key>
  Iterator lower_bound(const Key& key) const {
    Iterator at;
    for (const Node* node = root_.get(); node != nullptr;) {
      if (node->item.first < key) {
        node = node->right.get();
      } else {
        at.push(node);
        node = node->left.get();
      }
    }
    return at;
  }
  template <typename Key>
  Iterator find(const Key& key) const {
    const Iterator at = lower_bound(key);
    return at == end() || key < at->first ? end() : at;
  }
  // Null when there is none.
  template <typename Key>
  const V* get(const Key& key) const {
    const Node* node = root_.get();
    while (node != nullptr) {
      if (node->item.first < key) {
        node = node->right.get();
      } else if (key < node->item.first) {
        node = node->left.get();
      } else {
        return &node->item.second;
      }
    }
    return nullptr;
  }
  template <typename Key>
  bool contains(const Key& key) const {
    return get(key) != nullptr;
  }
  template <typename Key>
  std::size_t count(const Key& key) const {
    return contains(key) ? 1 : 0;
  }
  // The key must be there.
  template <typename Key>
  const V& at(const Key& key) const {
    const V* value = get(key);
    assert(value != nullptr);
    return *value;
  }

  void set(const K& key, V value) { root_ = with(root_, key, std::move(value)); }
  // False when the key was not there.
  template <typename Key>
  bool erase(const Key& key) {
    if (!contains(key)) return false;
    root_ = without(root_, key);
    return true;
  }

 private:
  static std::uint32_t height_of(const NodePtr& node) { return node ? node->height : 0; }
  static std::size_t size_of(const NodePtr& node) { return node ? node->size : 0; }

  static NodePtr make(const std::pair<const K, V>& item, NodePtr left, NodePtr right) {
    ++made;
    const std::uint32_t height = 1 + std::max(height_of(left), height_of(right));
    const std::size_t size = 1 + size_of(left) + size_of(right);
    return std::make_shared<const Node>(
        Node{item, std::move(left), std::move(right), height, size});
  }

  // A node over two subtrees whose heights differ by at most two.
  static NodePtr balance(const std::pair<const K, V>& item, NodePtr left, NodePtr right) {
    if (height_of(left) > height_of(right) + 1) {
      if (height_of(left->left) >= height_of(left->right)) {
        return make(left->item, left->left, make(item, left->right, std::move(right)));
      }
      const NodePtr middle = left->right;
      return make(middle->item, make(left->item, left->left, middle->left),
                  make(item, middle->right, std::move(right)));
    }
    if (height_of(right) > height_of(left) + 1) {
      if (height_of(right->right) >= height_of(right->left)) {
        return make(right->item, make(item, std::move(left), right->left), right->right);
      }
      const NodePtr middle = right->left;
      return make(middle->item, make(item, std::move(left), middle->left),
                  make(right->item, middle->right, right->right));
    }
    return make(item, std::move(left), std::move(right));
  }

  // Recursion is bounded by the height, 1.44 log2 of the size.
  static NodePtr with(const NodePtr& node, const K& key, V value) {
    if (!node) return make({key, std::move(value)}, nullptr, nullptr);
    if (key < node->item.first) {
      return balance(node->item, with(node->left, key, std::move(value)), node->right);
    }
    if (node->item.first < key) {
      return balance(node->item, node->left, with(node->right, key, std::move(value)));
    }
    return make({key, std::move(value)}, node->left, node->right);
  }

  template <typename Key>
  static NodePtr without(const NodePtr& node, const Key& key) {
    if (key < node->item.first) {
      return balance(node->item, without(node->left, key), node->right);
    }
    if (node->item.first < key) {
      return balance(node->item, node->left, without(node->right, key));
    }
    if (!node->left) return node->right;
    if (!node->right) return node->left;
    const Node* next = node->right.get();
    while (next->left) next = next->left.get();
    return balance(next->item, node->left, without(node->right, next->item.first));
  }

  NodePtr root_;
  inline static thread_local std::uint64_t made = 0;
};

}  // namespace omnigraph
