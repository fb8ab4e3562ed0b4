// How long a request is worked on: until it is answered, its client goes, its time is up, or the server ends.
import type { ServerResponse } from 'node:http';
import { Refusal } from './refusal.js';

export interface RequestLife {
  readonly signal: AbortSignal;
  /** Ends it: `why` is what the client is told, if it is still there. */
  abort(why: Error): void;
}

/**
 * @param timeoutMs from the first byte of the request to the last one of the answer
 * @param lives those that are going on
 */
export function beginLife(outgoing: ServerResponse, timeoutMs: number, lives: Set<RequestLife>): RequestLife {
  const controller = new AbortController();
  const life: RequestLife = {
    signal: controller.signal,
    abort(why) {
      controller.abort(why);
      // Half of an answer is not gone on with.
      if (outgoing.headersSent) outgoing.destroy();
    },
  };
  lives.add(life);
  const timer = setTimeout(() => {
    const seconds = timeoutMs / 1000;
    life.abort(
      new Refusal(504, 'timeout', `Cannot answer the request: its time is up (${seconds} s).`, {
        try: 'Ask for less at once.',
      }),
    );
  }, timeoutMs);
  outgoing.once('close', () => {
    clearTimeout(timer);
    lives.delete(life);
    if (!outgoing.writableFinished) controller.abort(new Refusal(499, 'gone', 'The client went away.'));
  });
  return life;
}
