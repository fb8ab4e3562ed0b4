// The driver: one card.
#define FAKE(T, name) T name
#include <string.h>
int cuInit(unsigned f){return 0;}
FAKE(int, cuDeviceGetCount)(int*c){*c=1;return 0;}
FAKE(int, cuDeviceGet)(int*d,int i){*d=i;return 0;}
int cuDeviceTotalMem_v2(unsigned long*t,int d){*t=140ul<<30;return 0;}
FAKE(int, cuDeviceGetPCIBusId)(char*s,int n,int d){strncpy(s,"0000:00:00.0",n);return 0;}
int cuDeviceGetName(char*s,int n,int d){strncpy(s,"Stand-in",n);return 0;}
FAKE(int, cuDeviceGetAttribute)(int*v,int a,int d){*v=9;return 0;}
int cuDriverGetVersion(int*v){*v=13000;return 0;}
