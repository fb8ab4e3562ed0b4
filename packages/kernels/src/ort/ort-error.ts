// A status of ONNX Runtime that is not OK, as a typed error.
import { DeviceError } from '@maria/core';

/** OrtErrorCode, by its number. */
const statusNames = [
  'ok',
  'fail',
  'invalid-argument',
  'no-such-file',
  'no-model',
  'engine-error',
  'runtime-exception',
  'invalid-protobuf',
  'model-loaded',
  'not-implemented',
  'invalid-graph',
  'ep-fail',
  'model-load-canceled',
  'model-requires-compilation',
  'not-found',
] as const;
export type OrtStatus = (typeof statusNames)[number] | 'unknown';

/** A call of the C API failed. Callers that know what was being done wrap it in an error that says so. */
export class OrtError extends DeviceError {
  readonly status: OrtStatus;
  /** The library's own words. */
  readonly detail: string;

  constructor(functionName: string, statusCode: number, detail: string) {
    super('onnxruntime', `Cannot complete ${functionName} of ONNX Runtime: ${detail.trim()}`);
    this.status = statusNames[statusCode] ?? 'unknown';
    this.detail = detail.trim();
  }
}
