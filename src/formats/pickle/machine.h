// SPDX-License-Identifier: MIT
// Obeys the opcodes of one pickle, as far as they make values. Source: Lib/pickle.py of Python 3.13
// (_Unpickler), joblib/numpy_pickle.py of joblib 1.5 (arrays behind BUILD).
#pragma once

#include "formats/pickle/input.h"
#include "formats/pickle/objects.h"
#include "formats/pickle/opcodes.h"
#include "formats/python/arena.h"
#include "formats/python/nodes.h"

#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// Not for several threads; one machine a pickle.
class PickleMachine {
 public:
  /// input  stands before the first opcode; behind STOP afterwards.
  /// depth  in how many pickles this one stands: 0 is the file's own.
  PickleMachine(PickleInput& input, NodeStore& nodes, int depth);

  /// The value that STOP gives back. Called once.
  /// Throws FormatError; messages begin with "pickle: ".
  [[nodiscard]] NodeId run();

 private:
  // Each says whether the opcode is one of its own.
  [[nodiscard]] bool obey_number(Opcode opcode);
  [[nodiscard]] bool obey_text(Opcode opcode);
  [[nodiscard]] bool obey_container(Opcode opcode);
  [[nodiscard]] bool obey_stack(Opcode opcode);
  [[nodiscard]] bool obey_call(Opcode opcode);

  void push(NodeId id) { stack_.push_back(id); }
  [[nodiscard]] NodeId pop();
  [[nodiscard]] NodeId top();
  [[nodiscard]] std::size_t pop_mark();
  [[nodiscard]] NodeId below(std::size_t begin) const;
  void remember(std::uint64_t index, NodeId id);
  void recall(std::uint64_t index);

  void push_big_endian_real();
  void push_long(std::uint64_t size);
  void push_text(std::uint64_t size);
  void push_bytes(std::uint64_t size);
  void push_global(std::string_view module, std::string_view name);
  void push_tuple(std::size_t size);
  void push_marked(PyKind kind);
  void append_from(std::size_t begin);
  void set_from(std::size_t begin);
  void add_from(std::size_t begin);
  [[nodiscard]] NodeId container_for(NodeId id, PyKind kind);
  void check_protocol(std::uint8_t protocol) const;
  void global_of_lines();
  void global_of_stack();
  void build();
  void read_joblib_array(NodeId object, NodeId state);

  PickleInput& input_;
  NodeStore& nodes_;
  PickleObjects objects_;
  const int depth_;
  std::uint64_t position_ = 0;  // of the opcode that is being obeyed
  Chunked<NodeId> stack_;
  Chunked<std::uint32_t> marks_;  // sizes of the stack
  Chunked<NodeId> memo_;
  std::uint64_t memo_count_ = 0;  // without the gaps
};

}  // namespace ml_inference
