// The client of OpenAI, as it is, against `maria serve`.
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import type { CompletionCreateParamsNonStreaming } from 'openai/resources/completions';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';
import { startServer, type TestServer } from './server-process.js';

const key = 'a-key-of-the-test';
const model = 'maria-tiny';
let server: TestServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startServer([], { env: { MARIA_API_KEY: key } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 });
});
afterAll(async () => {
  expect((await server.stop()).status).toBe(0);
});

interface Sample {
  readonly text: string;
  readonly gaps: readonly { readonly text: string; readonly probabilities: readonly number[] }[];
}

/** What the command line makes of a text. */
async function filled(text: string, ...flags: string[]): Promise<Sample[]> {
  const args = ['infill', '--json', '--line-breaks', '--seed', '7', ...flags, text];
  const [record] = recordsIn<Sample & { samples?: Sample[] }>((await maria(args)).stdout);
  return record!.samples ?? [record!];
}

test('models are listed', async () => {
  expect((await client.models.list()).data).toMatchObject([{ id: model, object: 'model' }]);
  expect(await client.models.retrieve(model)).toMatchObject({ id: model });
  await expect(client.models.retrieve('gpt-4')).rejects.toBeInstanceOf(NotFoundError);
});

test('a prompt with a suffix gives what the command gives for its seed', async () => {
  const answer = await client.completions.create({
    model,
    prompt: 'Once upon a time',
    suffix: ' in a forest.',
    max_tokens: 6,
    seed: 7,
    n: 3,
    user: 'someone',
  });
  const samples = await filled('Once upon a time[MASK*6] in a forest.', '-n', '3');
  expect(answer).toMatchObject({ object: 'text_completion', model });
  expect(answer.choices.map(({ index, text, finish_reason }) => [index, text, finish_reason])).toEqual(
    samples.map(({ gaps }, index) => [index, gaps[0]!.text, 'length']),
  );
  expect(answer.usage?.completion_tokens).toBe(18);
  expect(answer.usage?.total_tokens).toBe(18 + answer.usage!.prompt_tokens);
});

test('without a suffix and max_tokens it goes on with 16 tokens, and echo tells the prompt too', async () => {
  const prompt = 'Once upon a time';
  const { choices } = await client.completions.create({ model, prompt, seed: 7, echo: true });
  expect(choices[0]?.text).toBe((await filled(`${prompt}[MASK*16]`))[0]!.text);
});

test('gaps of the prompt are filled, and each prompt is a text of the run', async () => {
  const prompt = ['The [MASK] sat on the [MASK*2].', 'A [MASK] \\[MASK].'];
  const { choices } = await client.completions.create({ model, prompt, seed: 7, n: 2, max_tokens: 3 });
  const args = ['infill', '--json', '--line-breaks', '--seed', '7', '-n', '2', ...prompt];
  const records = recordsIn<{ samples: Sample[] }>((await maria(args)).stdout);
  expect(choices.map(({ text }) => text)).toEqual(
    records.flatMap(({ samples }) => samples.map(({ text }) => text)),
  );
  expect(choices.map(({ finish_reason }) => finish_reason)).toEqual(['stop', 'stop', 'stop', 'stop']);
});

test('ids are a prompt too', async () => {
  const { choices } = await client.completions.create({ model, prompt: [430, 6, 900, 20], seed: 7 });
  const { stdout } = await maria(['infill', '--jsonl'], { input: '{"ids":[430,6,900,20],"seed":7}\n' });
  expect(choices[0]?.text).toBe(recordsIn<Sample>(stdout)[0]!.text);
  const more = await client.completions.create({ model, prompt: [[430], [900]], seed: 7, max_tokens: 2 });
  expect(more.choices).toHaveLength(2);
});

test('logprobs are those of the tokens, with the most probable ones', async () => {
  const params = { model, prompt: 'Once upon a time', max_tokens: 4, seed: 7, suffix: '.', logprobs: 2 };
  const { choices } = await client.completions.create(params);
  const [sample] = await filled('Once upon a time[MASK*4].');
  const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0]!.logprobs!;
  expect(tokens!.join('')).toBe(choices[0]!.text);
  expect(token_logprobs!.map(Math.exp)).toEqual(
    sample!.gaps[0]!.probabilities.map((probability) => expect.closeTo(probability, 12)),
  );
  expect(top_logprobs!.map((top) => Object.keys(top).length)).toEqual([2, 2, 2, 2]);
  expect(text_offset).toEqual(tokens!.map((_, i) => tokens!.slice(0, i).join('').length));
});

test('a logit bias bans a token, or asks for it', async () => {
  const params = { model, prompt: 'The [MASK] sat.', temperature: 0, logprobs: 1 };
  const plain = await client.completions.create(params);
  const { stdout } = await maria(['infill', '--json', 'The [MASK] sat.']);
  const [record] = recordsIn<{ gaps: { ids: number[] }[] }>(stdout);
  const id = record!.gaps[0]!.ids[0]!;
  const banned = await client.completions.create({ ...params, logit_bias: { [id]: -100 } });
  expect(banned.choices[0]!.text).not.toBe(plain.choices[0]!.text);
  const asked = await client.completions.create({ ...params, logit_bias: { 1624: 100 } });
  expect(asked.choices[0]!.text).toBe('The family sat.');
  expect(asked.choices[0]!.logprobs!.token_logprobs![0]).toBeCloseTo(0, 6);
});

test('a stream is the same text in parts, with usage where it is asked for', async () => {
  for (const prompt of ['Once upon a time', 'The [MASK] sat on the [MASK*2] and ran.']) {
    const params = { model, prompt, seed: 7, n: 2, logprobs: 1 };
    const whole = await client.completions.create(params);
    const stream = await client.completions.create({
      ...params,
      stream: true,
      stream_options: { include_usage: true },
    });
    const told = whole.choices.map(() => ({
      text: '',
      tokens: [] as string[],
      finish: '',
      offsets: [] as number[],
    }));
    let usage: unknown;
    let parts = 0;
    for await (const chunk of stream) {
      usage = chunk.usage ?? usage;
      for (const { index, text, logprobs, finish_reason } of chunk.choices) {
        parts++;
        told[index]!.text += text;
        told[index]!.tokens.push(...(logprobs?.tokens ?? []));
        told[index]!.offsets.push(...(logprobs?.text_offset ?? []));
        told[index]!.finish ||= finish_reason ?? '';
      }
    }
    expect(parts).toBeGreaterThan(6);
    expect(usage).toEqual(whole.usage);
    expect(told).toEqual(
      whole.choices.map(({ text, logprobs, finish_reason }) => ({
        text,
        tokens: logprobs?.tokens,
        offsets: logprobs?.text_offset,
        finish: finish_reason,
      })),
    );
  }
});

test('a stop sequence ends a text before it, also where it is in several tokens', async () => {
  const params = { model, prompt: 'Once upon a time', max_tokens: 12, seed: 7 };
  const [whole] = (await client.completions.create(params)).choices;
  const stop = whole!.text.slice(10, 16);
  const cut = { text: whole!.text.slice(0, whole!.text.indexOf(stop)), finish_reason: 'stop' };
  expect(
    (await client.completions.create({ ...params, stop: ['never there', stop] })).choices[0],
  ).toMatchObject(cut);
  let text = '';
  for await (const { choices } of await client.completions.create({ ...params, stop, stream: true }))
    text += choices[0]?.text ?? '';
  expect(text).toBe(cut.text);
});

test('what is not supported is refused with the name of its field', async () => {
  const prompt = 'Once';
  const cases: [field: string, params: object][] = [
    ['best_of', { prompt, best_of: 3 }],
    ['presence_penalty', { prompt, presence_penalty: 1 }],
    ['frequency_penalty', { prompt, frequency_penalty: -0.5 }],
    ['tools', { prompt, tools: [] }],
    ['suffix', { prompt: 'a [MASK]', suffix: 'x' }],
    ['stop', { prompt: 'a [MASK]', stop: 'x' }],
    ['max_tokens', { prompt: 'a [MASK*4]', max_tokens: 3 }],
    ['max_tokens', { prompt, max_tokens: 100_000 }],
    ['echo', { prompt, echo: true, logprobs: 1 }],
    ['n', { prompt: [prompt, prompt], n: 100 }],
    ['prompt', { prompt: 7 }],
    ['prompt', {}],
    ['seed', { prompt, seed: -1 }],
    ['logit_bias', { prompt, logit_bias: { x: 1 } }],
    ['stream_options', { prompt, stream_options: { include_usage: true } }],
  ];
  for (const [field, params] of cases) {
    const asked = client.completions.create({ model, ...params } as CompletionCreateParamsNonStreaming);
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param: field, type: 'invalid_request_error' });
  }
});

test('a model that is not loaded, and a wrong key, are refused', async () => {
  await expect(client.completions.create({ model: '../../etc/passwd', prompt: 'x' })).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
    param: 'model',
  });
  for (const apiKey of ['x', 'a-key-of-the-tesT', `${key}x`]) {
    const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'key-missing' });
  }
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
});
