// Asks the server to fill a text, and reads the events of its answer.

/** Why nothing came, as a person reads it. */
export class AskError extends Error {
  constructor(
    message: string,
    readonly advice?: string,
    readonly field?: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

export interface Server {
  readonly model: string;
  /** The model's own marker of a gap. */
  readonly maskToken: string;
}

interface ToldError {
  readonly message: string;
  readonly try?: string;
  readonly field?: string;
}

/** Once the model is loaded. @throws AskError, with status 401 where a key is missing */
export async function serverTold(key: string, signal: AbortSignal): Promise<Server> {
  for (;;) {
    const answer = await send('/engine', { headers: headersOf(key), signal });
    if (answer.ok) return answer.json();
    const error = await refusalOf(answer);
    if (answer.status !== 503) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    signal.throwIfAborted();
  }
}

/** @throws AskError where the server refuses, or the connection ends before the answer does */
export async function* fillEvents(body: object, key: string, signal: AbortSignal): AsyncGenerator<object> {
  const headers = { ...headersOf(key), 'Content-Type': 'application/json' };
  const answer = await send('/infill', { method: 'POST', headers, body: JSON.stringify(body), signal });
  if (!answer.ok) throw await refusalOf(answer);
  let isWhole = false;
  // To its end, so that the connection can be used again.
  for await (const data of dataOf(answer.body!)) {
    isWhole = data === '[DONE]';
    if (isWhole) continue;
    const event = JSON.parse(data);
    if ('error' in event) throw told(event.error);
    yield event;
  }
  if (!isWhole) throw brokenOff();
}

function brokenOff(): AskError {
  return new AskError('The server broke off its answer.', 'Ask again, or for less at once.');
}

function headersOf(key: string): Record<string, string> {
  // A browser would refuse to send it, and tell no more than that.
  if (!/^[\x21-\x7e]*$/.test(key))
    throw new AskError('Cannot send the key: it holds what no key may.', 'Type the key of the server.');
  return key === '' ? {} : { Authorization: `Bearer ${key}` };
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, cache: 'no-store', credentials: 'omit' });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new AskError('The server cannot be reached.', 'Is it still running?');
  }
}

async function refusalOf(answer: Response): Promise<AskError> {
  const { status } = answer;
  const body = await answer.json().catch(() => undefined);
  if (body?.error === undefined)
    return new AskError(`The server answers with status ${status}.`, adviceOn(answer));
  return told(body.error, status, adviceOn(answer));
}

function adviceOn({ status, headers }: Response): string | undefined {
  if (status === 401) return 'Type the key of the server.';
  const seconds = headers.get('Retry-After');
  return seconds === null ? undefined : `Ask again in ${seconds} s.`;
}

function told(error: ToldError, status?: number, advice?: string): AskError {
  return new AskError(error.message, error.try ?? advice, error.field, status);
}

/** The data of server-sent events, as they come. */
async function* dataOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let held = '';
  for (;;) {
    const { done, value } = await reader.read().catch((error: Error) => {
      throw error.name === 'AbortError' ? error : brokenOff();
    });
    if (done) return;
    const events = (held + value).split('\n\n');
    held = events.pop()!;
    for (const event of events) yield event.slice('data: '.length);
  }
}
