/*
 * XGBoost through its C API, without Python. Answers the commands of README.md.
 *
 * Single rows: the row is copied into one buffer, whose description is made once; XGBoosterPredictFromDense without a
 * DMatrix is the shortest way that the C API has. The library is the one of the Python package, named by the environment
 * variable XGBOOST_LIBRARY.
 */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void *BoosterHandle;
typedef void *DMatrixHandle;
typedef uint64_t bst_ulong;

static const char *(*XGBGetLastError)(void);
static void (*XGBoostVersion)(int *major, int *minor, int *patch);
static int (*XGBoosterCreate)(const DMatrixHandle matrices[], bst_ulong count, BoosterHandle *out);
static int (*XGBoosterSetParam)(BoosterHandle booster, const char *name, const char *value);
static int (*XGBoosterLoadModel)(BoosterHandle booster, const char *path);
static int (*XGBoosterPredictFromDense)(BoosterHandle booster, const char *values, const char *config,
                                        DMatrixHandle proxy, const bst_ulong **shape, bst_ulong *dimensions,
                                        const float **result);

static const char CONFIG[] =
    "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,"
    "\"cache_id\":0,\"missing\":NaN}";

static BoosterHandle booster;
static float *rows;
static float *one_row;
static size_t row_count, features, next_row;
static char all_text[256], row_text[256];

static void fail(const char *why) {
  char text[400];
  size_t n = 0;
  for (; *why != '\0' && *why != '\n' && n < sizeof text - 1; why++) {
    text[n++] = *why == '"' || *why == '\\' ? '\'' : *why;
  }
  text[n] = '\0';
  printf("{\"error\": \"%s\"}\n", text);
}

static int open_library(void) {
  const char *path = getenv("XGBOOST_LIBRARY");
  void *library = path == NULL ? NULL : dlopen(path, RTLD_NOW);
  if (library == NULL) {
    fail(path == NULL ? "XGBOOST_LIBRARY is not set" : dlerror());
    return -1;
  }
  const struct {
    const char *name;
    void *function;
  } symbols[] = {
      {"XGBGetLastError", &XGBGetLastError},
      {"XGBoostVersion", &XGBoostVersion},
      {"XGBoosterCreate", &XGBoosterCreate},
      {"XGBoosterSetParam", &XGBoosterSetParam},
      {"XGBoosterLoadModel", &XGBoosterLoadModel},
      {"XGBoosterPredictFromDense", &XGBoosterPredictFromDense},
  };
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    void *symbol = dlsym(library, symbols[i].name);
    if (symbol == NULL) {
      fail(dlerror());
      return -1;
    }
    memcpy(symbols[i].function, &symbol, sizeof symbol);
  }
  return 0;
}

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void describe(char *text, size_t size, const float *data, size_t count) {
  snprintf(text, size, "{\"data\":[%zu,false],\"shape\":[%zu,%zu],\"typestr\":\"<f4\",\"version\":3}",
           (size_t)(uintptr_t)data, count, features);
}

static int load(const char *folder) {
  char path[4096], meta[4096];
  if (open_library() != 0) {
    return -1;
  }
  snprintf(path, sizeof path, "%s/meta.json", folder);
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    fail("cannot open meta.json");
    return -1;
  }
  meta[fread(meta, 1, sizeof meta - 1, file)] = '\0';
  fclose(file);
  const char *rows_at = strstr(meta, "\"rows\":"), *features_at = strstr(meta, "\"features\":");
  if (rows_at == NULL || features_at == NULL) {
    fail("meta.json lacks rows or features");
    return -1;
  }
  row_count = strtoul(rows_at + strlen("\"rows\":"), NULL, 10);
  features = strtoul(features_at + strlen("\"features\":"), NULL, 10);
  rows = malloc(row_count * features * sizeof *rows);
  one_row = malloc(features * sizeof *one_row);
  snprintf(path, sizeof path, "%s/rows.f32", folder);
  file = fopen(path, "rb");
  if (rows == NULL || one_row == NULL || file == NULL ||
      fread(rows, sizeof *rows, row_count * features, file) != row_count * features) {
    fail("cannot read rows.f32");
    return -1;
  }
  fclose(file);
  describe(all_text, sizeof all_text, rows, row_count);
  describe(row_text, sizeof row_text, one_row, 1);
  snprintf(path, sizeof path, "%s/model.json", folder);
  if (XGBoosterCreate(NULL, 0, &booster) != 0 || XGBoosterSetParam(booster, "nthread", "1") != 0 ||
      XGBoosterLoadModel(booster, path) != 0) {
    fail(XGBGetLastError());
    return -1;
  }
  int major, minor, patch;
  XGBoostVersion(&major, &minor, &patch);
  printf("{\"ok\": true, \"version\": \"libxgboost %d.%d.%d\"}\n", major, minor, patch);
  return 0;
}

/* The values, and in `size` how many there are; NULL on failure. */
static const float *predict(const char *values, size_t *size) {
  const bst_ulong *shape;
  bst_ulong dimensions;
  const float *result;
  if (XGBoosterPredictFromDense(booster, values, CONFIG, NULL, &shape, &dimensions, &result) != 0) {
    return NULL;
  }
  *size = 1;
  for (bst_ulong d = 0; d < dimensions; d++) {
    *size *= shape[d];
  }
  return result;
}

static const float *predict_row(size_t row, size_t *size) {
  memcpy(one_row, rows + row * features, features * sizeof *one_row);
  return predict(row_text, size);
}

static void check(int single, size_t count, const char *path) {
  FILE *file = fopen(path, "wb");
  if (file == NULL) {
    fail("cannot write the answers");
    return;
  }
  size_t size;
  if (single) {
    for (size_t row = 0; row < count; row++) {
      const float *values = predict_row(row, &size);
      if (values == NULL) {
        fclose(file);
        fail(XGBGetLastError());
        return;
      }
      fwrite(values, sizeof *values, size, file);
    }
  } else {
    const float *values = predict(all_text, &size);
    if (values == NULL) {
      fclose(file);
      fail(XGBGetLastError());
      return;
    }
    fwrite(values, sizeof *values, size / row_count * count, file);
  }
  fclose(file);
  printf("{\"ok\": true}\n");
}

static void run(int single, size_t calls) {
  double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
  for (size_t call = 0; call < calls; call++) {
    size_t size;
    if (single) {
      if (predict_row(next_row, &size) == NULL) {
        fail(XGBGetLastError());
        return;
      }
      next_row = next_row + 1 == row_count ? 0 : next_row + 1;
    } else if (predict(all_text, &size) == NULL) {
      fail(XGBGetLastError());
      return;
    }
  }
  wall = seconds(CLOCK_MONOTONIC) - wall;
  printf("{\"wall\": %.9f, \"cpu\": %.9f}\n", wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: xgboost_c CONTENDER FOLDER\n");
    return 2;
  }
  char line[8192], kind[16], path[4096];
  size_t count;
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strncmp(line, "quit", 4) == 0) {
      break;
    }
    if (strncmp(line, "load", 4) == 0) {
      load(argv[2]);
    } else if (sscanf(line, "check %15s %zu %4095[^\n]", kind, &count, path) == 3) {
      check(strcmp(kind, "single") == 0, count, path);
    } else if (sscanf(line, "run %15s %zu", kind, &count) == 2) {
      run(strcmp(kind, "single") == 0, count);
    } else {
      fail("unknown command");
    }
  }
  return 0;
}
