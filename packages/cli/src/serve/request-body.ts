// The JSON object that a request holds, and what of it are settings.
import { misfit } from '@maria/core';
import { unlessAborted } from '@maria/core/unless-aborted';
import type { HonoRequest } from 'hono';
import type { z } from 'zod';
import { type JsonObject, parseObject } from '../jsonl.js';
import { Refusal } from './refusal.js';

/** What a request is called in messages. */
export const requestName = 'the request';

/**
 * @param signal ends the wait for a body that does not come
 * @throws Refusal or MariaError for a body that is no JSON object in UTF-8
 */
export async function readBody(
  request: HonoRequest,
  mostBytes: number,
  signal: AbortSignal,
): Promise<JsonObject> {
  const type = request.header('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new Refusal(
      415,
      'not-json',
      `Cannot read the request: its content type is ${JSON.stringify(type)}.`,
      {
        try: 'Send JSON, with the header "Content-Type: application/json".',
      },
    );
  const bytes = await unlessAborted(bytesOf(request.raw.body, mostBytes), signal);
  return parseObject({ number: 1, bytes, ending: '' }, requestName);
}

/** Who sends more hears of it when all is sent, or much more: a client that still writes would not read the answer. */
async function bytesOf(body: ReadableStream<Uint8Array> | null, mostBytes: number): Promise<Buffer> {
  const held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length <= mostBytes) held.push(chunk);
    else held.length = 0;
    if (length > 16 * mostBytes) break;
  }
  if (length > mostBytes)
    throw new Refusal(413, 'too-large', `Cannot read the request: it has more than ${mostBytes} bytes.`);
  return Buffer.concat(held);
}

/** What of a body are settings of the schema, and the record without them. @throws Refusal 400 naming the field that does not fit */
export function settingsIn<S extends z.ZodObject>(
  schema: S,
  body: JsonObject,
  isSetting: (name: string, value: unknown) => boolean = (name) => Object.hasOwn(schema.shape, name),
): { readonly settings: z.output<S>; readonly record: JsonObject } {
  const given = Object.entries(body);
  return {
    settings: readFields(schema, Object.fromEntries(given.filter((field) => isSetting(...field)))),
    record: Object.fromEntries(given.filter((field) => !isSetting(...field))),
  };
}

/** The fields of a record that a schema knows. @throws Refusal 400 naming the field that does not fit */
export function readFields<S extends z.ZodObject>(schema: S, record: JsonObject): z.output<S> {
  const read = schema.safeParse(record);
  if (read.success) return read.data;
  const field = read.error.issues[0];
  const name = field?.code === 'unrecognized_keys' ? field.keys[0] : field?.path[0];
  throw new Refusal(
    400,
    'invalid-request',
    `Cannot read the request: ${misfit(schema, record, read.error)}.`,
    { field: name === undefined ? undefined : String(name) },
  );
}
