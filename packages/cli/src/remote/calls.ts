// What a command asks a server for: the same calls as of an engine, as JSON. Both are of one version, so it needs no other.
import type { InfillEvent, InfillResult, ScoreResult, Token } from '@maria/core';
import { type ExitStatus, type Facts, MariaError } from '@maria/core/errors';

/** What a server is. */
export interface ServerTold {
  readonly version: string;
  readonly identity: string;
  readonly model: string;
  readonly maskToken: string;
  readonly lanes: number;
}

/** A line of the answer to a call. */
export type Line =
  | { readonly event: InfillEvent }
  | { readonly result: InfillResult }
  | { readonly score: ScoreResult; readonly tokens: readonly Token[] }
  | { readonly ids: readonly number[] }
  | { readonly done: true }
  | { readonly error: ToldError };

export interface ToldError {
  readonly code: string;
  readonly exitStatus: ExitStatus;
  readonly message: string;
  readonly facts: Facts;
  readonly try?: string;
}

export function tellError({ code, exitStatus, message, facts, try: advice }: MariaError): ToldError {
  return { code, exitStatus, message, facts, ...(advice !== undefined && { try: advice }) };
}

export function errorTold({ code, exitStatus, message, facts, try: advice }: ToldError): MariaError {
  return new MariaError(code, exitStatus, message, { facts, ...(advice !== undefined && { try: advice }) });
}
