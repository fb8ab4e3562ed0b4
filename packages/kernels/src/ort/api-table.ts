// The functions of ONNX Runtime's C API that maria calls: where each is in struct OrtApi, and its prototype.
// Source: include/onnxruntime/core/session/onnxruntime_c_api.h. The struct only ever grows at its end.

/** Kinds of objects that the library owns and hands out by address. */
export type HandleKind =
  | 'Allocator'
  | 'CudaProviderOptions'
  | 'Env'
  | 'IoBinding'
  | 'MemoryInfo'
  | 'RunOptions'
  | 'Session'
  | 'SessionOptions'
  | 'Status'
  | 'Value';

declare const handleKind: unique symbol;
/** Address of an object of the library. Never 0n: the wrappers refuse that, since the library would crash on it. */
export type Handle<K extends HandleKind> = bigint & { readonly [handleKind]: K };

/** `text` is UTF-8. `address` is an array, or an address of memory that outlives the call. */
export type ArgumentKind = HandleKind | 'text' | 'int' | 'size' | 'address';
/** What a function writes through its last parameter. */
export type GivenKind = HandleKind | 'size' | 'address';
export type ReturnKind = 'status' | 'void' | 'int' | 'text';

export interface ApiFunction {
  /** Position in struct OrtApi. */
  readonly index: number;
  readonly takes: readonly ArgumentKind[];
  readonly returns: ReturnKind;
  readonly gives?: GivenKind;
}

const returns = <const R extends ReturnKind, const T extends readonly ArgumentKind[]>(
  index: number,
  kind: R,
  takes: T,
) => ({ index, takes, returns: kind });

/** Returns OrtStatus*; the wrapper throws when it is not OK. */
const call = <const T extends readonly ArgumentKind[]>(index: number, takes: T) =>
  returns(index, 'status', takes);

/** Returns OrtStatus* and writes its result through one more parameter; the wrapper returns the result. */
const get = <const T extends readonly ArgumentKind[], const G extends GivenKind>(
  index: number,
  takes: T,
  gives: G,
) => ({ ...call(index, takes), gives });

const release = <const K extends HandleKind>(index: number, kind: K) => returns(index, 'void', [kind]);

/** The lowest version of struct OrtApi that maria accepts: that of ONNX Runtime 1.24, longer than every index below. */
export const apiVersion = 24;

export const apiTable = {
  GetErrorCode: returns(1, 'int', ['Status']),
  GetErrorMessage: returns(2, 'text', ['Status']),
  ReleaseStatus: release(93, 'Status'),

  CreateEnv: get(3, ['int', 'text'], 'Env'),
  DisableTelemetryEvents: call(6, ['Env']),

  CreateSessionOptions: get(10, [], 'SessionOptions'),
  SetSessionGraphOptimizationLevel: call(23, ['SessionOptions', 'int']),
  SetIntraOpNumThreads: call(24, ['SessionOptions', 'int']),
  DisableMemPattern: call(17, ['SessionOptions']),
  AddSessionConfigEntry: call(130, ['SessionOptions', 'text', 'text']),
  ReleaseSessionOptions: release(100, 'SessionOptions'),

  CreateSessionFromArray: get(8, ['Env', 'address', 'size', 'SessionOptions'], 'Session'),
  SessionGetInputCount: get(30, ['Session'], 'size'),
  SessionGetOutputCount: get(31, ['Session'], 'size'),
  SessionGetInputName: get(36, ['Session', 'size', 'Allocator'], 'address'),
  SessionGetOutputName: get(37, ['Session', 'size', 'Allocator'], 'address'),
  ReleaseSession: release(95, 'Session'),

  Session_GetEpGraphAssignmentInfo: call(407, ['Session', 'address', 'address']),
  EpAssignedSubgraph_GetEpName: get(408, ['address'], 'address'),
  EpAssignedSubgraph_GetNodes: call(409, ['address', 'address', 'address']),
  EpAssignedNode_GetName: get(410, ['address'], 'address'),
  EpAssignedNode_GetOperatorType: get(412, ['address'], 'address'),

  CreateRunOptions: get(39, [], 'RunOptions'),
  RunOptionsSetTerminate: call(46, ['RunOptions']),
  RunOptionsUnsetTerminate: call(47, ['RunOptions']),
  ReleaseRunOptions: release(97, 'RunOptions'),

  CreateCpuMemoryInfo: get(69, ['int', 'int'], 'MemoryInfo'),
  CreateMemoryInfo: get(68, ['text', 'int', 'int', 'int'], 'MemoryInfo'),
  ReleaseMemoryInfo: release(94, 'MemoryInfo'),
  GetAllocatorWithDefaultOptions: get(78, [], 'Allocator'),
  CreateAllocator: get(131, ['Session', 'MemoryInfo'], 'Allocator'),
  AllocatorFree: call(76, ['Allocator', 'address']),
  ReleaseAllocator: release(132, 'Allocator'),

  CreateTensorWithDataAsOrtValue: get(
    49,
    ['MemoryInfo', 'address', 'size', 'address', 'size', 'int'],
    'Value',
  ),
  GetTensorMutableData: get(51, ['Value'], 'address'),
  CreateTensorAsOrtValue: get(48, ['Allocator', 'address', 'size', 'int'], 'Value'),
  ReleaseValue: release(96, 'Value'),

  CreateIoBinding: get(134, ['Session'], 'IoBinding'),
  BindInput: call(136, ['IoBinding', 'text', 'Value']),
  SynchronizeBoundInputs: call(202, ['IoBinding']),
  BindOutput: call(137, ['IoBinding', 'text', 'Value']),
  RunWithBinding: call(133, ['Session', 'RunOptions', 'IoBinding']),
  ReleaseIoBinding: release(135, 'IoBinding'),

  GetAvailableProviders: call(125, ['address', 'address']),
  ReleaseAvailableProviders: call(126, ['address', 'int']),
  SessionOptionsAppendExecutionProvider: call(216, ['SessionOptions', 'text', 'address', 'address', 'size']),
  CreateCUDAProviderOptions: get(205, [], 'CudaProviderOptions'),
  UpdateCUDAProviderOptions: call(206, ['CudaProviderOptions', 'address', 'address', 'size']),
  SessionOptionsAppendExecutionProvider_CUDA_V2: call(204, ['SessionOptions', 'CudaProviderOptions']),
  ReleaseCUDAProviderOptions: release(208, 'CudaProviderOptions'),
} as const satisfies Record<string, ApiFunction>;

export type ApiTable = typeof apiTable;
export type ApiName = keyof ApiTable;
