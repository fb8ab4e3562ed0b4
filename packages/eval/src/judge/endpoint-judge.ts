// A judge behind an OpenAI-compatible endpoint: POST …/chat/completions. The key is sent, and is in no message and no file.
import { setTimeout as delay } from 'node:timers/promises';
import { InterruptedError, type MariaError, NetworkError, quote, UsageError } from '@maria/core';
import { z } from 'zod';
import type { Answer, Judge, Question } from './judge.js';

export interface EndpointOptions {
  /** Up to and without /chat/completions: `https://api.openai.com/v1`. */
  readonly url: string;
  readonly model: string;
  /** Undefined: none is sent, as local servers want it. */
  readonly key?: string | undefined;
  /** Requests at once. @default 4 */
  readonly atOnce?: number;
  /** Milliseconds that one request may take. @default two minutes */
  readonly timeout?: number;
  /** Times that a request is made before it is given up. @default 5 */
  readonly tries?: number;
  /** Waits between them. @default by the clock */
  readonly wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});

const longestWait = 60_000;
const longestAnswer = 2 ** 20;

/** @throws UsageError for a URL that is none, or has a password in it */
export function endpointJudge(options: EndpointOptions): Judge {
  const { model, atOnce = 4 } = options;
  const base = URL.canParse(options.url) ? new URL(options.url) : undefined;
  const bad = (fact: string) =>
    new UsageError('judge-invalid', `Cannot use the judge's address: ${fact}.`, {
      try: 'Give one such as https://api.openai.com/v1.',
    });
  if (!base || !/^https?:$/.test(base.protocol)) throw bad(`${quote(options.url)} is no http address`);
  if (base.username !== '' || base.password !== '') throw bad('it has a password in it');
  const address = `${base.origin}${base.pathname.replace(/\/+$/, '')}/chat/completions`;
  const judge = { ...options, address };
  return {
    name: `${model} at ${base.origin}${base.pathname.replace(/\/+$/, '')}`,
    async *ask(questions, signal) {
      const stop = new AbortController();
      const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
      const running = new Map<number, Promise<Answer>>();
      let next = 0;
      try {
        while (next < questions.length || running.size > 0) {
          while (running.size < atOnce && next < questions.length) {
            const index = next++;
            running.set(
              index,
              answer(judge, questions[index]!, both).then((text) => ({ index, text })),
            );
          }
          const first = await Promise.race(running.values());
          running.delete(first.index);
          yield first;
        }
      } finally {
        stop.abort();
        await Promise.allSettled(running.values());
      }
    },
  };
}

type Endpoint = EndpointOptions & { readonly address: string };

async function answer(endpoint: Endpoint, question: Question, signal: AbortSignal): Promise<string> {
  const { tries = 5, wait = waited } = endpoint;
  for (let attempt = 1; ; attempt++) {
    if (signal.aborted) throw new InterruptedError();
    const outcome = await request(endpoint, question, signal);
    if (typeof outcome === 'string') return outcome;
    if (!outcome.again || attempt >= tries) throw outcome.error;
    await wait(Math.min(longestWait, outcome.after ?? 1000 * 2 ** (attempt - 1)), signal);
  }
}

async function waited(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(milliseconds, undefined, signal && { signal }).catch(() => {
    throw new InterruptedError();
  });
}

interface Failure {
  readonly error: MariaError;
  /** Whether another try may help, and after how many milliseconds the server wants it. */
  readonly again: boolean;
  readonly after?: number | undefined;
}

async function request(
  { address, model, key, timeout = 120_000 }: Endpoint,
  { system, user }: Question,
  signal: AbortSignal,
): Promise<string | Failure> {
  const fails = (code: string, fact: string, again: boolean, advice: string, after?: number): Failure => ({
    error: new NetworkError(code, `Cannot judge: ${hidden(`${address} ${fact}`, key)}.`, { try: advice }),
    again,
    after,
  });
  let response: Response;
  let text: string;
  // Not AbortSignal.timeout: Node 20 may collect one that only AbortSignal.any holds, and then nothing ends the wait.
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, timeout);
  signal.addEventListener('abort', end);
  try {
    response = await fetch(address, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({
        model,
        temperature: 0,
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: user },
        ],
      }),
      signal: ending.signal,
    });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw new InterruptedError();
    const cause = (error as { cause?: { code?: string } }).cause?.code;
    const fact = ending.signal.aborted
      ? `gave no answer within ${timeout / 1000} seconds`
      : `cannot be reached${cause === undefined ? '' : ` (${cause})`}`;
    return fails('judge-silent', fact, true, 'Check the address, and that the server runs.');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
  const { status } = response;
  if (status === 401 || status === 403)
    return fails(
      'judge-refused',
      `answered ${status}: it does not take the key${key === undefined ? ', and none is set' : ''}`,
      false,
      'Set the key of the endpoint in the environment.',
    );
  if (status === 429 || status >= 500)
    return fails(
      'judge-busy',
      `answered ${status} each time`,
      true,
      'Try again later: what is judged is kept.',
      retryAfter(response.headers.get('retry-after')),
    );
  if (!response.ok)
    return fails('judge-refused', `answered ${status}`, false, 'Check the address and the model.');
  const content = text.length <= longestAnswer ? contentOf(text) : undefined;
  return (
    content ??
    fails(
      'judge-unfit',
      'answered with what is no chat completion',
      true,
      'Check the address of the endpoint.',
    )
  );
}

function contentOf(text: string): string | undefined {
  try {
    return completion.parse(JSON.parse(text)).choices[0]!.message.content;
  } catch {
    return undefined;
  }
}

/** Seconds or a date. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, 1000 * seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function hidden(text: string, key: string | undefined): string {
  return key === undefined || key === '' ? text : text.replaceAll(key, '…');
}
