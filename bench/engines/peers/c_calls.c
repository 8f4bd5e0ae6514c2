// SPDX-License-Identifier: MIT
// Calls functions of C libraries as a C program would, since a call out of Python costs more than
// some of them. All take `calls` batches of `batch` rows from row `first` on, beginning anew at row
// 0 where fewer are left, and return where they stopped.
#include <stddef.h>
#include <stdint.h>

struct rows {
  const char* values;
  size_t row_count;
  size_t row_bytes;
  char* out;
  size_t out_bytes;  // of a row
};

// What every loop has in common; `CALL` uses `row` and `out`.
#define FOR_EACH_ROW(CALL)                                                \
  for (size_t call = 0; call < calls; ++call, first += batch) {           \
    if (first + batch > rows->row_count) first = 0;                       \
    for (size_t index = 0; index < batch; ++index) {                      \
      const char* row = rows->values + (first + index) * rows->row_bytes; \
      char* out = rows->out + index * rows->out_bytes;                    \
      CALL;                                                               \
    }                                                                     \
  }                                                                       \
  return first

#define FOR_EACH_BATCH(CALL)                                    \
  for (size_t call = 0; call < calls; ++call, first += batch) { \
    if (first + batch > rows->row_count) first = 0;             \
    const char* row = rows->values + first * rows->row_bytes;   \
    CALL;                                                       \
  }                                                             \
  return first

// m2cgen: a function for vectors and one for numbers.
size_t call_vector(void (*score)(double*, double*), const struct rows* rows, size_t batch,
                   size_t first, size_t calls) {
  FOR_EACH_ROW(score((double*)row, (double*)out));
}
size_t call_number(double (*score)(double*), const struct rows* rows, size_t batch, size_t first,
                   size_t calls) {
  FOR_EACH_ROW(*(double*)out = score((double*)row));
}

// tl2cgen: entries are numbers here, since none is missing. It adds to what is in `out`.
size_t call_tl2cgen(void (*predict)(void*, int, void*), const struct rows* rows, size_t batch,
                    size_t first, size_t calls) {
  FOR_EACH_ROW({
    for (size_t byte = 0; byte < rows->out_bytes; byte += 4) *(uint32_t*)(out + byte) = 0;
    predict((void*)row, 0, out);
  });
}

// lleaves
size_t call_lleaves(void (*forest_root)(double*, double*, int32_t, int32_t),
                    const struct rows* rows, size_t batch, size_t first, size_t calls) {
  FOR_EACH_BATCH(forest_root((double*)row, (double*)rows->out, 0, (int32_t)batch));
}

// LGBM_BoosterPredictForMatSingleRowFast
size_t call_lightgbm_row(int (*predict)(void*, const void*, int64_t*, double*), void* prepared,
                         const struct rows* rows, size_t batch, size_t first, size_t calls) {
  int64_t length = 0;
  FOR_EACH_ROW(predict(prepared, row, &length, (double*)out));
}

// TreeliteGTILPredict
size_t call_gtil(int (*predict)(void*, const void*, const char*, size_t, void*, void*), void* model,
                 const char* type, void* config, const struct rows* rows, size_t batch,
                 size_t first, size_t calls) {
  FOR_EACH_BATCH(predict(model, row, type, batch, rows->out, config));
}

// ydf's standalone C++ behind a plain function
size_t call_floats(void (*predict)(const float*, float*), const struct rows* rows, size_t batch,
                   size_t first, size_t calls) {
  FOR_EACH_ROW(predict((const float*)row, (float*)out));
}
