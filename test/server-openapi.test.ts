// The OpenAPI document is valid, and what the server takes and answers is what it says.
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allEvents, startServer, type TestServer } from './server-process.js';

interface Media {
  readonly schema: object;
}
interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, Media>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

let server: TestServer;
let document: Document;
beforeAll(async () => {
  server = await startServer();
  document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
});
afterAll(async () => {
  await server.stop();
});

/** What is wrong with a value of a schema of the document. */
function misfits(schema: object, value: unknown): unknown {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const validate = ajv.compile({ ...schema, components: document.components });
  return validate(value) ? undefined : validate.errors;
}

test('the document is one of OpenAPI', async () => {
  const { valid, errors } = await new Validator().validate(
    structuredClone(document) as unknown as Record<string, unknown>,
  );
  expect([valid, errors]).toEqual([true, undefined]);
});

const text = 'The [MASK] sat on the [MASK*2].';
const good: [path: string, body: object][] = [
  ['/infill', { text, seed: 7, id: [1], more: 'x' }],
  [
    '/infill',
    { text, gaps: [{ choices: ['dog', 'cat'] }, { min: 1, max: 3, ban: ['rug'] }], alternatives: 2 },
  ],
  ['/infill', { text, best: 2, beam: 4, max_length: 3, length_by: 'likelihood' }],
  ['/infill', { text, distinct: true, samples: 2, refresh: 'off' }],
  ['/infill', { text, samples: 2, alternatives: 3, window: 'auto', temperature: 1 }],
  ['/infill', { ids: [430, 6, 900, 20] }],
  ['/infill', { input_prefix: 'Once', input_suffix: '.', n_predict: 2, seed: 1, cache_prompt: true }],
  ['/score', { text: 'The dog sat.', spans: [[4, 7]], tokens: true }],
  ['/score', { text: 'The dog sat.', maskRate: 0.5, seed: 3 }],
  ['/score', { ids: [430, 1182, 900, 20], masked: [1] }],
  ['/v1/completions', { prompt: text, n: 2, seed: 1 }],
  [
    '/v1/completions',
    { prompt: ['a', 'b'], suffix: null, max_tokens: 2, logprobs: 2, logit_bias: { 7: -1 } },
  ],
];
const bad: [path: string, body: object, status: number][] = [
  ['/infill', {}, 400],
  ['/infill', { text, gaps: {} }, 400],
  ['/infill', { text, gaps: [{ choice: ['dog'] }] }, 400],
  ['/infill', { text: 1 }, 400],
  ['/infill', { text, temperature: 'hot' }, 400],
  ['/infill', { input_prefix: 'a', n_predict: 0 }, 400],
  ['/score', { text: 'The dog sat.' }, 400],
  ['/v1/completions', { prompt: 'a', tools: [] }, 400],
  ['/v1/completions', { prompt: 'a', model: 'other' }, 404],
];

describe.each(good)('%s %j', (path, body) => {
  test('is as the document has it, and so is its answer', async () => {
    const { requestBody, responses } = document.paths[path]!.post!;
    expect(misfits(requestBody!.content['application/json']!.schema, body)).toBeUndefined();
    const response = await server.post(path, body);
    expect(response.status).toBe(200);
    const { schema } = responses[200]!.content['application/json']!;
    expect(misfits(schema, await response.json())).toBeUndefined();
    if (path !== '/v1/completions') return;
    const events = await allEvents(await server.post(path, { ...body, stream: true }));
    for (const event of events.slice(0, -1)) expect(misfits(schema, JSON.parse(event))).toBeUndefined();
  });
});

test.each(bad)('%s %j is refused, as the document has it', async (path, body, status) => {
  const response = await server.post(path, body);
  expect(response.status).toBe(status);
  const { requestBody, responses } = document.paths[path]!.post!;
  // Which model is loaded is not for the document to say.
  if (status === 400) expect(misfits(requestBody!.content['application/json']!.schema, body)).toBeDefined();
  const { schema } = responses[status]!.content['application/json']!;
  expect(misfits(schema, await response.json())).toBeUndefined();
});

test('what the server tells of itself is as the document has it', async () => {
  for (const path of ['/health', '/v1/models']) {
    const { schema } = document.paths[path]!.get!.responses[200]!.content['application/json']!;
    expect(misfits(schema, await (await fetch(server.url + path)).json())).toBeUndefined();
  }
});
