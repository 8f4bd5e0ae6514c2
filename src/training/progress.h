// SPDX-License-Identifier: MIT
// How a trainer says how far it has come, without knowing who wants to know.
#pragma once

#include <cstddef>
#include <functional>

namespace ml_inference {

/// Called by a trainer after each step, a tree or an iteration, with how many of how many are done.
///
/// done   1 to total, each once; with several threads not always in this order.
/// Threads: called by whichever thread has done the step, several at once: it guards what it
/// changes, and is quick, since the thread waits for it. It may not throw, and nothing that it does
/// changes the model.
using TrainingProgress = std::function<void(std::size_t done, std::size_t total)>;

}  // namespace ml_inference
