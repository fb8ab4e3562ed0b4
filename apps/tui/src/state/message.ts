// What a person reads of an error on the screen.
import { InterruptedError, MariaError } from '@maria/core';

/** undefined for an interruption: whoever asked for it knows. */
export function messageOf(error: unknown): string | undefined {
  if (error instanceof InterruptedError) return undefined;
  if (error instanceof MariaError)
    return error.try === undefined ? error.message : `${error.message} ${error.try}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
