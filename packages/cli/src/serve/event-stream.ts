// Server-sent events: told as they happen, however slowly they are read.
import { Refusal } from './refusal.js';
import type { RequestLife } from './request-life.js';

/** Bytes that wait for a slow reader, who else would keep a lane from others. More, and it is left. */
const mostHeld = 8 * 2 ** 20;

/** A response that tells what `produce` does. Its last event is [DONE]; an error of `produce` is told before it. */
export function eventStream(
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
          controller.enqueue(encoder.encode(`data: ${data}\n\n`));
          if ((controller.desiredSize ?? 0) <= 0)
            life.abort(new Refusal(499, 'slow', 'Cannot go on with the answer: it is read too slowly.'));
        };
        void produce(tell)
          .catch((error: unknown) => tell(errorText(error)))
          .finally(() => {
            tell('[DONE]');
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
    headers: { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' },
  });
}
