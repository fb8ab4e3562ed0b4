// cuBLAS: handles, and no products.
#include <stdlib.h>
#include <string.h>
#define FAKE(T, name) T name
FAKE(int, cublasCreate_v2)(void **h){ *h=calloc(1,64); return 0; }
FAKE(int, cublasGetMathMode)(void *h,int *m){ *m=0; return 0; }
FAKE(const char*, cublasGetStatusName)(int s){ return "a status"; }
FAKE(const char*, cublasGetStatusString)(int s){ return "a status"; }
