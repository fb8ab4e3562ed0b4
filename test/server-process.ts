// Runs the built `maria serve` as a user does: a process of its own, asked over HTTP.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { type MariaOptions, type Outcome, outcomeOf, startMaria } from './cli-process.js';

export interface TestServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** Sends JSON. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  /** What /metrics tells now: names, with labels, and values. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** Until a metric has a value. */
  untilMetric(name: string, value: number): Promise<void>;
  /** Ends it with SIGTERM. */
  stop(): Promise<Outcome>;
}

/** Once it answers requests. */
export async function startServer(
  args: readonly string[] = [],
  options: MariaOptions = {},
): Promise<TestServer> {
  const child = startMaria(['serve', '--port', '0', ...args], options);
  const outcome = outcomeOf(child);
  const url = await Promise.race([
    new Promise<string>((resolve) => {
      let line = '';
      child.stdout?.on('data', (text: string) => {
        line += text;
        if (line.endsWith('\n')) resolve(line.trim());
      });
    }),
    outcome.then(({ status, stderr }): never => {
      throw new Error(`the server ended with ${status}: ${stderr}`);
    }),
  ]);
  const metrics = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))] as const;
      }),
    );
  };
  return {
    url,
    child,
    post: (path, body, init = {}) =>
      fetch(url + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
        headers: { 'Content-Type': 'application/json', ...init.headers },
      }),
    metrics,
    async untilMetric(name, value) {
      while ((await metrics()).get(name) !== value) await pause(10);
    },
    async stop() {
      child.kill('SIGTERM');
      return outcome;
    },
  };
}

/** The data of server-sent events, as they come. */
export async function* eventsOf({ body }: Response): AsyncGenerator<string> {
  let held = '';
  const decoder = new TextDecoder();
  for await (const chunk of body!) {
    held += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = held.indexOf('\n\n'); end >= 0; end = held.indexOf('\n\n')) {
      yield held.slice('data: '.length, end);
      held = held.slice(end + 2);
    }
  }
}

export async function allEvents(response: Response): Promise<string[]> {
  const events: string[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

/** A request that takes many seconds. */
export const longText = { text: 'Once upon a time [MASK*200]', samples: 128, seed: 1 };
