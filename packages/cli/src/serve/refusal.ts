// Why a request gets no answer: maria's error, and its status in HTTP.
import { ExitStatus, MariaError } from '@maria/core/errors';

interface RefusalOptions {
  /** The field of the request that is wrong. */
  readonly field?: string | undefined;
  /** Seconds after which it may be asked again. */
  readonly retryAfter?: number;
  readonly try?: string | undefined;
  readonly cause?: unknown;
}

export class Refusal extends MariaError {
  readonly field: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(
    readonly status: number,
    code: string,
    message: string,
    { field, retryAfter, try: advice, cause }: RefusalOptions = {},
  ) {
    super(code, ExitStatus.failed, message, { cause, ...(advice !== undefined && { try: advice }) });
    this.field = field;
    this.retryAfter = retryAfter;
  }
}

/** A request that does not fit. */
export function badRequest(fact: string, field?: string): Refusal {
  return new Refusal(400, 'invalid-request', `Cannot read the request: ${fact}.`, { field });
}

/** What is wrong with what was asked is told as it is; a fault of the server's own is told without its inner parts. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof MariaError))
    return new Refusal(500, 'internal', 'Cannot answer the request: something in maria failed.', {
      cause: error,
    });
  const { code, message, exitStatus, try: advice } = error;
  const isOfRequest =
    exitStatus === ExitStatus.usage || exitStatus === ExitStatus.failed || exitStatus === ExitStatus.data;
  const status = isOfRequest && code !== 'non-finite' ? 400 : 500;
  return new Refusal(status, code, message, { try: advice, cause: error });
}
