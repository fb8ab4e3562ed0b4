// The runtime of CUDA: one card, whose memory is that of the process.
#include <cuda_runtime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define FAKE(T, name) T name
#define LOG(...) do { if (getenv("STAND_IN_LOG")) fprintf(stderr, __VA_ARGS__); } while (0)
static _Thread_local int device_now = 0;
static void *get(size_t n){ void *p=NULL; if(posix_memalign(&p,256,n?n:256)) return NULL; memset(p,0,n?n:256); return p; }
FAKE(cudaError_t, cudaMalloc)(void **p, size_t n){ *p=get(n); return *p?0:2; }
FAKE(cudaError_t, cudaMallocFromPoolAsync)(void **p, size_t n, cudaMemPool_t pool, cudaStream_t s){ *p=get(n); return *p?0:2; }
FAKE(cudaError_t, cudaFree)(void *p){ free(p); return 0; }
FAKE(cudaError_t, cudaFreeAsync)(void *p, cudaStream_t s){ free(p); return 0; }
FAKE(cudaError_t, cudaMallocHost)(void **p, size_t n){ *p=get(n); LOG("cudaMallocHost %zu\n",n); return 0; }
FAKE(cudaError_t, cudaHostAlloc)(void **p, size_t n, unsigned f){ *p=get(n); LOG("cudaHostAlloc %zu\n",n); return 0; }
FAKE(cudaError_t, cudaFreeHost)(void *p){ free(p); return 0; }
FAKE(cudaError_t, cudaMemcpy)(void *d,const void *s,size_t n,enum cudaMemcpyKind k){ LOG("cudaMemcpy kind %d bytes %zu\n",k,n); memmove(d,s,n); return 0; }
FAKE(cudaError_t, cudaMemcpyAsync)(void *d,const void *s,size_t n,enum cudaMemcpyKind k,cudaStream_t t){ LOG("cudaMemcpyAsync kind %d bytes %zu stream %p\n",k,n,t); if(n && d && s) memmove(d,s,n); return 0; }
FAKE(cudaError_t, cudaMemcpy2DAsync)(void *d,size_t dp,const void *s,size_t sp,size_t w,size_t h,enum cudaMemcpyKind k,cudaStream_t t){ for(size_t i=0;i<h;i++) memmove((char*)d+i*dp,(char*)s+i*sp,w); return 0; }
FAKE(cudaError_t, cudaMemset)(void *d,int v,size_t n){ memset(d,v,n); return 0; }
FAKE(cudaError_t, cudaMemsetAsync)(void *d,int v,size_t n,cudaStream_t t){ memset(d,v,n); return 0; }
FAKE(cudaError_t, cudaMemGetInfo)(size_t *f,size_t *t){ *f=100ull<<30; *t=140ull<<30; return 0; }
FAKE(cudaError_t, cudaGetDevice)(int *d){ *d=device_now; return 0; }
FAKE(cudaError_t, cudaSetDevice)(int d){ device_now=d; return 0; }
FAKE(cudaError_t, cudaGetDeviceCount)(int *d){ *d=1; return 0; }
static int ver(const char *name,int d){ const char *e=getenv(name); return e?atoi(e):d; }
FAKE(cudaError_t, cudaGetDeviceProperties)(struct cudaDeviceProp *p,int d){
  memset(p,0,sizeof *p); strcpy(p->name,"Stand-in"); p->totalGlobalMem=140ull<<30; p->sharedMemPerBlock=49152; p->regsPerBlock=65536; p->warpSize=32;
  p->maxThreadsPerBlock=1024; p->maxThreadsDim[0]=1024;p->maxThreadsDim[1]=1024;p->maxThreadsDim[2]=64; p->maxGridSize[0]=2147483647;p->maxGridSize[1]=65535;p->maxGridSize[2]=65535;
  p->major=ver("STAND_IN_MAJOR",9); p->minor=ver("STAND_IN_MINOR",0); p->multiProcessorCount=132; p->maxThreadsPerMultiProcessor=2048; p->sharedMemPerMultiprocessor=233472; p->sharedMemPerBlockOptin=232448; p->l2CacheSize=50<<20; return 0; }
FAKE(cudaError_t, cudaDeviceGetAttribute)(int *v, enum cudaDeviceAttr a,int d){
  switch(a){ case cudaDevAttrComputeCapabilityMajor:*v=ver("STAND_IN_MAJOR",9);break; case cudaDevAttrComputeCapabilityMinor:*v=ver("STAND_IN_MINOR",0);break;
  case cudaDevAttrMultiProcessorCount:*v=132;break; case cudaDevAttrMaxSharedMemoryPerBlockOptin:*v=232448;break; case cudaDevAttrMaxSharedMemoryPerBlock:*v=49152;break; case cudaDevAttrMaxSharedMemoryPerMultiprocessor:*v=233472;break;
  case cudaDevAttrMaxThreadsPerBlock:*v=1024;break; case cudaDevAttrWarpSize:*v=32;break; case cudaDevAttrMaxThreadsPerMultiProcessor:*v=2048;break; default:*v=1;} return 0; }
FAKE(cudaError_t, cudaFuncGetAttributes)(struct cudaFuncAttributes *a,const void *f){ memset(a,0,sizeof *a); a->maxThreadsPerBlock=1024; a->numRegs=32; a->maxDynamicSharedSizeBytes=232448; a->binaryVersion=10*ver("STAND_IN_MAJOR",9)+ver("STAND_IN_MINOR",0); a->ptxVersion=a->binaryVersion; return 0; }
FAKE(cudaError_t, cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags)(int *n,const void *f,int b,size_t s,unsigned fl){ *n=2; return 0; }
FAKE(cudaError_t, cudaPointerGetAttributes)(struct cudaPointerAttributes *a,const void *p){ memset(a,0,sizeof *a); a->type=cudaMemoryTypeDevice; a->devicePointer=(void*)p; return 0; }
FAKE(cudaError_t, cudaDriverGetVersion)(int *v){ *v=13000; return 0; }
FAKE(cudaError_t, cudaRuntimeGetVersion)(int *v){ *v=13000; return 0; }
FAKE(const char*, cudaGetErrorString)(cudaError_t e){ return "an error"; }
FAKE(const char*, cudaGetErrorName)(cudaError_t e){ return "cudaError"; }
FAKE(cudaError_t, cudaStreamCreate)(cudaStream_t *s){ *s=(cudaStream_t)get(64); return 0; }
FAKE(cudaError_t, cudaStreamCreateWithFlags)(cudaStream_t *s,unsigned f){ *s=(cudaStream_t)get(64); return 0; }
FAKE(cudaError_t, cudaStreamIsCapturing)(cudaStream_t s, enum cudaStreamCaptureStatus *c){ *c=0; return 0; }
FAKE(cudaError_t, cudaEventCreate)(cudaEvent_t *s){ *s=(cudaEvent_t)get(64); return 0; }
FAKE(cudaError_t, cudaEventCreateWithFlags)(cudaEvent_t *s,unsigned f){ *s=(cudaEvent_t)get(64); return 0; }
FAKE(cudaError_t, cudaEventElapsedTime)(float *f,cudaEvent_t a,cudaEvent_t b){ *f=1; return 0; }
FAKE(cudaError_t, cudaLaunchHostFunc)(cudaStream_t s,cudaHostFn_t f,void *d){ f(d); return 0; }
FAKE(cudaError_t, cudaMemPoolCreate)(cudaMemPool_t *p,const struct cudaMemPoolProps *q){ *p=(cudaMemPool_t)get(64); return 0; }
FAKE(cudaError_t, cudaMemPoolGetAttribute)(cudaMemPool_t p,enum cudaMemPoolAttr a,void *v){ *(unsigned long long*)v=0; return 0; }
FAKE(void**, __cudaRegisterFatBinary)(void *f){ return get(64); }
struct conf { dim3 g,b; size_t s; void *t; }; static _Thread_local struct conf c;
FAKE(unsigned, __cudaPushCallConfiguration)(dim3 g,dim3 b,size_t s,void *t){ c=(struct conf){g,b,s,t}; return 0; }
FAKE(cudaError_t, __cudaPopCallConfiguration)(dim3 *g,dim3 *b,size_t *s,void *t){ *g=c.g;*b=c.b;*s=c.s;*(void**)t=c.t; return 0; }
FAKE(cudaError_t, __cudaGetKernel)(cudaKernel_t *k,const void *f){ *k=(cudaKernel_t)f; return 0; }
FAKE(cudaError_t, cudaLibraryGetKernel)(cudaKernel_t *k,cudaLibrary_t l,const char*n){ *k=(cudaKernel_t)get(64); return 0; }
FAKE(cudaError_t, cudaLibraryLoadData)(cudaLibrary_t *l,const void*c,enum cudaJitOption*a,void**b,unsigned n,enum cudaLibraryOption*o,void**v,unsigned m){ *l=(cudaLibrary_t)get(64); return 0; }
static int entry(void){ return 0; }
FAKE(cudaError_t, cudaGetDriverEntryPointByVersion)(const char *n,void **p,unsigned v,unsigned long long f,enum cudaDriverEntryPointQueryResult *r){ *p=(void*)entry; if(r)*r=0; return 0; }

FAKE(cudaError_t, cudaStreamSynchronize)(cudaStream_t s){ LOG("cudaStreamSynchronize %p\n",s); return 0; }
FAKE(cudaError_t, cudaDeviceSynchronize)(void){ LOG("cudaDeviceSynchronize\n"); return 0; }
FAKE(cudaError_t, cudaStreamWaitEvent)(cudaStream_t s,cudaEvent_t e,unsigned f){ LOG("cudaStreamWaitEvent stream %p event %p\n",s,e); return 0; }
FAKE(cudaError_t, cudaEventRecord)(cudaEvent_t e,cudaStream_t s){ LOG("cudaEventRecord event %p stream %p\n",e,s); return 0; }
FAKE(cudaError_t, cudaEventSynchronize)(cudaEvent_t e){ LOG("cudaEventSynchronize %p\n",e); return 0; }
