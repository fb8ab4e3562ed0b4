// Judges behind an endpoint and behind a command: answers, and every way to give none.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { commandJudge } from './command-judge.js';
import { type EndpointOptions, endpointJudge } from './endpoint-judge.js';
import type { Answer, Judge } from './judge.js';
import { verdictIn } from './prompt.js';

const questions = ['first', 'second', 'third'].map((user) => ({ system: 's', user }));
async function answers(judge: Judge, signal?: AbortSignal): Promise<Answer[]> {
  const told: Answer[] = [];
  for await (const answer of judge.ask(questions, signal)) told.push(answer);
  return told.sort((a, b) => a.index - b.index);
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function bodyOf(request: IncomingMessage): Promise<{ messages: { content: string }[]; model: string }> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}
async function endpoint(listener: RequestListener, more: Partial<EndpointOptions> = {}): Promise<Judge> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return endpointJudge({
    url: `http://127.0.0.1:${port}/v1/`,
    model: 'm',
    key: 'sk-secret',
    wait: async (ms) => void waits.push(ms),
    ...more,
  });
}
const waits: number[] = [];
const reply = (content: string) => JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] });

describe('an endpoint', () => {
  test('is asked for a chat completion at temperature 0, and answers', async () => {
    const seen: unknown[] = [];
    const judge = await endpoint(async (request, response) => {
      const body = await bodyOf(request);
      seen.push([request.method, request.url, request.headers.authorization, body.model]);
      response.end(reply(`to ${body.messages[1]!.content}`));
    });
    expect(await answers(judge)).toEqual([
      { index: 0, text: 'to first' },
      { index: 1, text: 'to second' },
      { index: 2, text: 'to third' },
    ]);
    expect(seen[0]).toEqual(['POST', '/v1/chat/completions', 'Bearer sk-secret', 'm']);
    expect(judge.name).toMatch(/^m at http:\/\/127\.0\.0\.1:\d+\/v1$/);
  });

  test('that answers 401 is asked once, and the key is in no message', async () => {
    let requests = 0;
    const judge = await endpoint(
      (_, response) => {
        requests++;
        response.statusCode = 401;
        response.end('{"error":{"message":"Incorrect API key provided: sk-secret"}}');
      },
      { atOnce: 1 },
    );
    const failure = await answers(judge).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'judge-refused', exitStatus: 4 });
    expect(String(failure)).toContain('answered 401');
    expect(JSON.stringify([String(failure), failure])).not.toContain('sk-secret');
    expect(requests).toBe(1);
  });

  test('that is busy is asked again, when it says so', async () => {
    let requests = 0;
    waits.length = 0;
    const judge = await endpoint(
      async (request, response) => {
        await bodyOf(request);
        if (++requests <= 2) {
          response.statusCode = requests === 1 ? 429 : 503;
          response.setHeader('retry-after', '7');
          response.end();
        } else response.end(reply('[[A]]'));
      },
      { atOnce: 1 },
    );
    expect(await answers(judge)).toHaveLength(3);
    expect(waits).toEqual([7000, 7000]);
  });

  test.each([
    [
      'that is busy for ever',
      (response: Parameters<RequestListener>[1]) => {
        response.statusCode = 429;
        response.end();
      },
      'judge-busy',
      /answered 429 each time/,
    ],
    [
      'that answers garbage',
      (response: Parameters<RequestListener>[1]) => response.end('<html>'),
      'judge-unfit',
      /no chat completion/,
    ],
    [
      'that answers without a choice',
      (response: Parameters<RequestListener>[1]) => response.end('{"choices":[]}'),
      'judge-unfit',
      /no chat completion/,
    ],
    [
      'that hangs up',
      (response: Parameters<RequestListener>[1]) => response.destroy(),
      'judge-silent',
      /cannot be reached/,
    ],
    [
      'that knows no such model',
      (response: Parameters<RequestListener>[1]) => {
        response.statusCode = 404;
        response.end();
      },
      'judge-refused',
      /answered 404/,
    ],
  ])('%s gives an error', async (_, respond, code, message) => {
    const judge = await endpoint((_request, response) => void respond(response));
    await expect(answers(judge)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('that never answers is given up', async () => {
    const judge = await endpoint(() => {}, { timeout: 50, tries: 2 });
    await expect(answers(judge)).rejects.toMatchObject({
      code: 'judge-silent',
      message: expect.stringContaining('gave no answer within 0.05 seconds'),
    });
  });

  test('is left alone once it is interrupted', async () => {
    const controller = new AbortController();
    const judge = await endpoint(() => controller.abort());
    await expect(answers(judge, controller.signal)).rejects.toMatchObject({ exitStatus: 130 });
  });

  test('has an address without a password', () => {
    for (const url of ['what', 'ftp://x', 'http://user:pass@x/v1'])
      expect(() => endpointJudge({ url, model: 'm' })).toThrow(/Cannot use the judge's address/);
    expect(() => endpointJudge({ url: 'http://user:pass@x/v1', model: 'm' })).not.toThrow(/user|:pass@/);
  });
});

describe('a command', () => {
  const node = (code: string) => `${JSON.stringify(process.execPath)} -e '${code}'`;
  const all = 'const q=require("fs").readFileSync(0,"utf8").trim().split("\\n").map(JSON.parse);';

  test('answers by id in any order, or in order', async () => {
    const reversed = node(
      `${all}for(const{id,user}of q.reverse())console.log(JSON.stringify({id,answer:"to "+user}))`,
    );
    const expected = ['to first', 'to second', 'to third'];
    expect((await answers(commandJudge({ command: reversed }))).map(({ text }) => text)).toEqual(expected);
    const plain = node(`${all}for(const{user}of q)console.log(JSON.stringify({answer:"to "+user}))`);
    expect((await answers(commandJudge({ command: plain }))).map(({ text }) => text)).toEqual(expected);
  });

  test.each([
    ['that is not there', 'no-such-command-of-maria', 'judge-silent', /status 127 after 0 of 3/],
    [
      'that ends too early',
      'echo \'{"answer":"x"}\'; echo why >&2; exit 3',
      'judge-silent',
      /status 3 after 1 of 3 answers: "why"/,
    ],
    ['that writes garbage', 'cat', 'judge-unfit', /no \{"id", "answer"\}/],
    ['that writes no JSON', 'echo hello', 'judge-unfit', /"hello", which is no JSON/],
  ])('%s gives an error', async (_, command, code, message) => {
    await expect(answers(commandJudge({ command }))).rejects.toMatchObject({
      code,
      exitStatus: 1,
      message: expect.stringMatching(message),
    });
  });

  test('that says nothing is given up, or interrupted', async () => {
    await expect(answers(commandJudge({ command: 'exec sleep 600', timeout: 50 }))).rejects.toMatchObject({
      code: 'judge-silent',
    });
    const controller = new AbortController();
    const asked = answers(commandJudge({ command: 'exec sleep 600' }), controller.signal);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ exitStatus: 130 });
  });
});

test.each([
  ['Because it is. [[A]]', 'A'],
  ['[[C]]', 'C'],
  ['[[B]] is better: [[B]]', 'B'],
  ['[[A]] or [[B]]?', undefined],
  ['A', undefined],
  ['', undefined],
])('the verdict in %j', (answer, verdict) => {
  expect(verdictIn(answer)).toBe(verdict);
});
