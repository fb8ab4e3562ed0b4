// Answers in parts, told as they happen, however slowly they are read: server-sent events, or lines.
import { Refusal } from './refusal.js';
import type { RequestLife } from './request-life.js';

/** How parts are written. */
export interface Framing {
  readonly type: string;
  readonly before: string;
  readonly after: string;
  /** After all others. */
  readonly last?: string;
  /** Bytes that wait for a slow reader, who else would keep a lane from others. More, and it is left. */
  readonly mostHeld: number;
}

export const events: Framing = {
  type: 'text/event-stream; charset=utf-8',
  before: 'data: ',
  after: '\n\n',
  last: '[DONE]',
  mostHeld: 2 ** 23,
};

/** For commands, which take what they ask for: one line may hold all that a text may be told with. */
export const lines: Framing = {
  type: 'application/x-ndjson',
  before: '',
  after: '\n',
  mostHeld: 2 ** 29,
};

/** A response that tells what `produce` does, and an error of it. */
export function streamOf(
  { type, before, after, last, mostHeld }: Framing,
  life: RequestLife,
  produce: (tell: (data: string) => void) => Promise<void>,
  errorText: (error: unknown) => string,
): Response {
  const encoder = new TextEncoder();
  let isOpen = true;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const tell = (data: string) => {
          if (!isOpen) return;
          controller.enqueue(encoder.encode(before + data + after));
          if ((controller.desiredSize ?? 0) <= 0)
            life.abort(new Refusal(499, 'slow', 'Cannot go on with the answer: it is read too slowly.'));
        };
        void produce(tell)
          .catch((error: unknown) => tell(errorText(error)))
          .finally(() => {
            if (last !== undefined) tell(last);
            if (isOpen) controller.close();
            isOpen = false;
          });
      },
      cancel() {
        isOpen = false;
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: mostHeld }),
  );
  return new Response(stream, {
    headers: { 'Content-Type': type, 'X-Accel-Buffering': 'no' },
  });
}
