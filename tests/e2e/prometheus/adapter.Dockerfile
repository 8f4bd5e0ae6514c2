# SPDX-License-Identifier: MIT
# prometheus-adapter for the end-to-end tests: one static program, which tests/e2e/prometheus/images
# builds beside this file's context.
FROM scratch
COPY adapter /adapter
USER 1000:1000
ENTRYPOINT ["/adapter"]
