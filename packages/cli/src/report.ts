// Turns a thrown value into the lines for standard error and the exit status.
import { ExitStatus, MariaError } from '@maria/core/errors';
import type { CommandNames } from './command-names.js';
import { systemErrorOf } from './system-errors.js';
import { tryNext } from './try-next.js';
import { usageErrorOf } from './usage-errors.js';

export interface Report {
  readonly lines: readonly string[];
  readonly exitStatus: number;
}

/**
 * Expected errors take two lines, `Cannot …` and `Try: …`; the stack follows with --debug or MARIA_DEBUG=1.
 * @param commands is asked only if the command line makes no sense
 */
export function report(
  error: unknown,
  argv: readonly string[],
  commands: () => CommandNames,
  env: NodeJS.ProcessEnv = process.env,
): Report {
  const known =
    error instanceof MariaError ? error : (usageErrorOf(error, argv, commands) ?? systemErrorOf(error));
  const lines = known ? [known.message] : [`Cannot go on: ${unexpected(error)}.`];
  const hint = known
    ? tryNext(known)
    : 'Run it again with --debug and report what it prints: this is a bug in maria.';
  if (hint !== undefined) lines.push(`Try: ${hint}`);
  if (wantsStack(argv, env)) lines.push(...stacks(error));
  return { lines, exitStatus: known?.exitStatus ?? ExitStatus.failed };
}

function unexpected(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replace(/\.$/, '');
}

function wantsStack(argv: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  return flags.includes('--debug') || !['', '0', undefined].includes(env.MARIA_DEBUG);
}

/** The stack of an error and of its causes. */
function stacks(error: unknown): string[] {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    lines.push(...(at.stack ?? at.message).split('\n'));
  return lines;
}
