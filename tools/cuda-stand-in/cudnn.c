// cuDNN: handles, and no reductions.
#include <stdlib.h>
#define FAKE(T, name) T name
static int make(void **handle) { *handle = calloc(1, 256); return 0; }
FAKE(int, cudnnCreate)(void **h) { return make(h); }
FAKE(int, cudnnCreateTensorDescriptor)(void **h) { return make(h); }
FAKE(int, cudnnCreateReduceTensorDescriptor)(void **h) { return make(h); }
FAKE(size_t, cudnnGetVersion)(void) { return 91000; }
FAKE(size_t, cudnnGetCudartVersion)(void) { return 13000; }
FAKE(const char *, cudnnGetErrorString)(int status) { return "a status"; }
FAKE(int, cudnnGetReductionWorkspaceSize)(void *h, void *r, void *a, void *c, size_t *n) { *n = 0; return 0; }
FAKE(int, cudnnGetReductionIndicesSize)(void *h, void *r, void *a, void *c, size_t *n) { *n = 0; return 0; }
