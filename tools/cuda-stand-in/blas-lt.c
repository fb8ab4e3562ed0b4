// cuBLASLt: handles, and no products.
#include <stdlib.h>
#include <string.h>
#define FAKE(T, name) T name
FAKE(int, cublasLtCreate)(void **h){ *h=calloc(1,64); return 0; }
FAKE(int, cublasLtMatmulDescCreate)(void **h,int a,int b){ *h=calloc(1,64); return 0; }
FAKE(int, cublasLtMatmulPreferenceCreate)(void **h){ *h=calloc(1,64); return 0; }
FAKE(int, cublasLtMatrixLayoutCreate)(void **h,int t,unsigned long r,unsigned long c,long l){ *h=calloc(1,64); return 0; }
FAKE(int, cublasLtMatrixTransformDescCreate)(void **h,int t){ *h=calloc(1,64); return 0; }
FAKE(int, cublasLtMatmulAlgoGetHeuristic)(void*h,void*o,void*a,void*b,void*c,void*d,void*p,int n,void*r,int*k){ memset(r,0,96); *k=1; return 0; }
