// A judge that is a command: {"id", "system", "user"} on each line of its input, {"id", "answer"} on each line of its output, in any order.
import { spawn } from 'node:child_process';
import { ExitStatus, InterruptedError, isJsonObject, MariaError, quote } from '@maria/core';
import type { Answer, Judge } from './judge.js';

export interface CommandOptions {
  /** As a shell reads it. */
  readonly command: string;
  /** Milliseconds without an answer after which it is given up. @default ten minutes */
  readonly timeout?: number;
}

const longestLine = 2 ** 24;

/** Its input ends once all questions are written, so it may read all of them before it answers. */
export function commandJudge({ command, timeout = 600_000 }: CommandOptions): Judge {
  return {
    name: `the command ${command}`,
    async *ask(questions, signal) {
      if (questions.length === 0) return;
      // A group of its own: the shell, and what it starts.
      const child = spawn(command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
      const stop = () => {
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
        try {
          process.kill(-child.pid, 'SIGTERM');
        } catch {
          // It has just ended.
        }
      };
      signal?.addEventListener('abort', stop, { once: true });
      const ended = new Promise<{ status: number | null; error?: Error }>((resolve) => {
        child.on('error', (error) => resolve({ status: null, error }));
        child.on('close', (status) => resolve({ status }));
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4096);
      });
      // A command may end before it has read everything.
      child.stdin.on('error', () => {});
      child.stdin.end(questions.map((question, id) => `${JSON.stringify({ id, ...question })}\n`).join(''));
      let answered = 0;
      let isLate = false;
      let timer = setTimeout(() => {}, 0);
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          isLate = true;
          stop();
        }, timeout);
      };
      watch();
      try {
        for await (const line of linesOf(child.stdout)) {
          if (line.trim() === '') continue;
          watch();
          yield answerIn(line, answered++, questions.length);
        }
        const { status, error } = await ended;
        if (signal?.aborted) throw new InterruptedError();
        if (answered === questions.length) return;
        const why = isLate
          ? `it gave no answer within ${timeout / 1000} seconds`
          : error
            ? error.message
            : `it ended with status ${status} after ${answered} of ${questions.length} answers${lastLine(said)}`;
        throw failed('judge-silent', why);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        stop();
      }
    },
  };
}

/** By its id, or in order where it has none. */
function answerIn(line: string, order: number, count: number): Answer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw failed('judge-unfit', `it wrote ${quote(line)}, which is no JSON`);
  }
  const { id = order, answer } = isJsonObject(value) ? value : {};
  if (typeof answer !== 'string' || !Number.isInteger(id) || Number(id) < 0 || Number(id) >= count)
    throw failed('judge-unfit', `it wrote ${quote(line)}, which is no {"id", "answer"} to a question`);
  return { index: Number(id), text: answer };
}

function failed(code: string, fact: string): MariaError {
  return new MariaError(code, ExitStatus.failed, `Cannot judge with the command: ${fact}.`, {
    try: 'It reads {"id", "system", "user"} from each line and writes {"id", "answer"}.',
  });
}

function lastLine(text: string): string {
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  return line === '' ? '' : `: ${quote(line)}`;
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const bytes of stream) {
    const lines = (held + decoder.decode(bytes, { stream: true })).split('\n');
    held = lines.pop()!;
    if (held.length > longestLine) throw failed('judge-unfit', 'it wrote a line without end');
    yield* lines;
  }
  if (held !== '') yield held;
}
