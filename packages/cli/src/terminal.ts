// The one place that knows of terminals: which streams are one, how wide they are, and whether to colour.
import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { styleText } from 'node:util';
import { UsageError } from '@maria/core/errors';
import { isQuiet } from './quiet.js';

export type ColorChoice = 'auto' | 'always' | 'never';

export function stdinIsTerminal(): boolean {
  return process.stdin.isTTY === true;
}

/**
 * Whether a line that tells the progress is shown on standard error: on a terminal, and unless data runs over the same screen, or --quiet forbids it.
 */
export function showsProgress({ writesToTerminal }: { readonly writesToTerminal: boolean }): boolean {
  return !isQuiet() && process.stderr.isTTY === true && !(writesToTerminal && process.stdout.isTTY === true);
}

/**
 * The terminal that a screen needs: keys from standard input, or from the controlling terminal where standard input is a pipe;
 * drawing on standard error, so that standard output stays free for data.
 * @throws UsageError where there is none
 */
export function openTerminal(): { readonly keys: ReadStream; readonly display: NodeJS.WriteStream } {
  const refuse = (fact: string, cause?: unknown) =>
    new UsageError('no-terminal', `Cannot show a screen: ${fact}.`, {
      try: 'maria infill, which needs no terminal.',
      cause,
    });
  if (process.stderr.isTTY !== true) throw refuse('standard error is no terminal');
  if (process.env.TERM === 'dumb') throw refuse('the terminal cannot move its cursor (TERM=dumb)');
  const display = process.stderr as NodeJS.WriteStream;
  try {
    const keys = stdinIsTerminal()
      ? (process.stdin as ReadStream)
      : new ReadStream(openSync('/dev/tty', 'r'));
    // When the terminal goes away reading fails; SIGHUP tells of it.
    keys.on('error', () => {});
    return { keys, display };
  } catch (error) {
    throw refuse('standard input is no terminal, and there is no controlling one to read keys from', error);
  }
}

/** Where a progress bar goes, and how wide it may be; undefined with --quiet, and unless both output streams are terminals. */
export function barWidth(): { readonly columns: number; readonly write: (text: string) => void } | undefined {
  const { stdout, stderr } = process;
  if (isQuiet() || !stdout.isTTY || !stderr.isTTY || process.env.TERM === 'dumb') return undefined;
  return { columns: stderr.columns || 80, write: (text) => void stderr.write(text) };
}

/** How wide tables on standard output may be: in a pipe or a file a row is a line, whatever its length. */
export function tableColumns(): number {
  const { isTTY, columns } = process.stdout;
  return isTTY ? columns || 80 : Number.POSITIVE_INFINITY;
}

/** Of a chart on standard error: as wide as the terminal, up to where lines are still easy to follow. */
export function chartSize(): { readonly columns: number; readonly rows: number } {
  return { columns: Math.max(40, Math.min(process.stderr.columns ?? 80, 100)), rows: 14 };
}

/**
 * Whether text output is coloured. `auto` says no for a file, then follows NO_COLOR (no-color.org), then FORCE_COLOR, then whether
 * standard output is a terminal that can.
 */
export function usesColor(
  choice: ColorChoice,
  { toFile }: { readonly toFile: boolean },
  env: NodeJS.ProcessEnv = process.env,
  isTerminal = process.stdout.isTTY === true,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (toFile || env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTerminal && env.TERM !== 'dumb';
}

export type Color = 'red' | 'green' | 'yellow';

/** The text in the colour. Line breaks stay outside of it, so that every line can stand alone. */
export function paint(text: string, color: Color): string {
  return text.replaceAll(/[^\r\n]+/g, (line) => styleText(color, line, { validateStream: false }));
}
