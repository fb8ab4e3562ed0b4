// What the page tells where no whole answer comes.
import { afterEach, expect, test, vi } from 'vitest';
import { AskError, fillEvents } from './ask.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

async function asked(key: string, answer: () => Promise<Response>): Promise<unknown> {
  vi.stubGlobal('fetch', answer);
  try {
    const events = [];
    for await (const event of fillEvents({}, key, new AbortController().signal)) events.push(event);
    return events;
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    return error.message;
  }
}

const of = (begin: (controller: ReadableStreamDefaultController) => void) => async () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('data: {"type":"x"}\n\n'));
        begin(controller);
      },
    }),
  );

test.each<[string, string, () => Promise<Response>, unknown]>([
  ['the server is not there', '', () => Promise.reject(new TypeError('x')), 'The server cannot be reached.'],
  ['it ends in between', '', of((it) => it.close()), 'The server broke off its answer.'],
  ['the connection does', '', of((it) => it.error(new TypeError('x'))), 'The server broke off its answer.'],
  [
    'a key that no header holds',
    'schlüssel',
    of((it) => it.close()),
    'Cannot send the key: it holds what no key may.',
  ],
])('%s', async (_, key, answer, expected) => {
  expect(await asked(key, answer)).toEqual(expected);
});
