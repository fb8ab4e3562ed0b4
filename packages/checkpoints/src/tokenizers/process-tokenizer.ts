// Encodes texts in a process of its own, with a bound on time and memory: whatever a tokenizer does there, this process goes on.
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataError } from '@maria/core';
import type { EncodedText } from './encoded-text.js';
import { badTokenizer } from './tokenizer-json.js';

export interface Question {
  readonly form: string;
  /** The form's tokenizer.json, where the process does not have it yet. */
  readonly tokenizer?: string;
  readonly text: string;
}
export type Answer =
  | { readonly encoded: EncodedText }
  /** What the library says. */
  | { readonly failure: string }
  /** Bytes that were exceeded. */
  | { readonly tooLarge: number };

const script = fileURLToPath(new URL('./tokenizer-process.js', import.meta.url));

/** False where the sources run without a build: there is no script to start. */
export function canStartProcess(): boolean {
  return existsSync(script);
}

/** Far above what a text takes, also on a busy machine. */
const patience = { leastMs: 10_000, msPerCharacter: 0.02 };

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One text at a time; the process starts with the first, and anew after one that it did not survive. */
export class ProcessTokenizer {
  #child: ChildProcess | undefined;
  readonly #given = new Set<string>();
  #before: Promise<unknown> = Promise.resolve();

  /**
   * @param tokenizer gives the form's tokenizer.json
   * @throws DataError `bad-tokenizer` for one that the library refuses, `tokenizer-runs-away` where time or memory is over
   */
  encode(form: string, tokenizer: () => string, text: string): Promise<EncodedText> {
    const asked = this.#before.then(() => this.#ask(form, tokenizer, text));
    this.#before = asked.catch(() => {});
    return asked;
  }

  async #ask(form: string, tokenizer: () => string, text: string): Promise<EncodedText> {
    const child = this.#started();
    const isNew = !this.#given.has(form);
    this.#given.add(form);
    const ms = patience.leastMs + patience.msPerCharacter * text.length;
    let end: (answer: Answer | string) => void = () => {};
    const onExit = (status: number | null, signal: string | null) =>
      end(`ended its process (${signal ?? `status ${status}`})`);
    const timer = setTimeout(() => end(`was not done after ${Math.round(ms / 1000)} s`), ms);
    try {
      const answer = await new Promise<Answer | string>((resolve) => {
        end = resolve;
        child.on('message', resolve as (message: unknown) => void);
        child.on('exit', onExit);
        child.ref();
        child.channel?.ref();
        const question: Question = { form, text, ...(isNew && { tokenizer: tokenizer() }) };
        child.send(question, (error) => error && resolve(`could not be asked (${error.message})`));
      });
      if (typeof answer === 'string') throw this.#runsAway(text, answer);
      if ('tooLarge' in answer)
        throw this.#runsAway(text, `took more than ${Math.round(answer.tooLarge / 2 ** 20)} MiB of memory`);
      if ('encoded' in answer) return answer.encoded;
      if (isNew) this.#given.delete(form);
      throw badTokenizer(answer.failure);
    } finally {
      clearTimeout(timer);
      child.off('message', end as (message: unknown) => void).off('exit', onExit);
      // Nobody waits for it: it does not keep this process.
      child.unref();
      child.channel?.unref();
    }
  }

  #started(): ChildProcess {
    if (this.#child) return this.#child;
    const child = fork(script, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    running.add(child);
    child.on('error', () => {});
    child.on('exit', () => {
      running.delete(child);
      if (this.#child === child) this.#forget();
    });
    return child;
  }

  #forget(): void {
    this.#child = undefined;
    this.#given.clear();
  }

  #runsAway(text: string, what: string): DataError {
    this.#child?.kill('SIGKILL');
    this.#forget();
    return new DataError(
      'tokenizer-runs-away',
      `Cannot read the text of ${text.length} characters: the model's tokenizer ${what}.`,
      { try: 'Give another text, or use a model whose tokenizer splits texts by another rule.' },
    );
  }
}
