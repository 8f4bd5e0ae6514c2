// SPDX-License-Identifier: MIT
#include "app/command_line.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace {

// Where a standard stream is closed, the next file that is opened would be taken for it.
void hold_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", O_RDWR);
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  return ml_inference::run_command_line(argc, argv);
}
