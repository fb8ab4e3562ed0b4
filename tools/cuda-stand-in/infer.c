// TensorRT, which the list of all kernels asks too: objects of which each function returns 0.
#include <stdlib.h>
#define FAKE(T, name) T name
static long zero(void) { return 0; }
static void *functions[400];
static void *inner[64];
static void *make(void) {
  for (int i = 0; i < 400; i++) functions[i] = (void *)zero;
  for (int i = 0; i < 64; i++) inner[i] = functions;
  void **object = calloc(64, sizeof(void *));
  for (int i = 0; i < 64; i++) object[i] = inner;
  object[0] = functions;
  return object;
}
FAKE(void *, createInferBuilder_INTERNAL)(void *logger, int version) { return make(); }
FAKE(void *, createInferRefitter_INTERNAL)(void) { return make(); }
FAKE(void *, createInferRuntime_INTERNAL)(void) { return make(); }
FAKE(void *, getPluginRegistry)(void) { return make(); }
FAKE(int, getInferLibVersion)(void) { return 101000; }
