// The server before there is a model, and what its document says of it.
import { afterEach, expect, test } from 'vitest';
import { openApi } from './openapi.js';
import { type RunningServer, startServer } from './server.js';

let server: RunningServer;
afterEach(() => server.end());
const start = async () => {
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    guard: { hosts: [], origins: [] },
    timeoutMs: 60_000,
    version: '1.2.3',
    identity: 'x',
    note: () => {},
  });
};

test('until the model is loaded it says so', async () => {
  await start();
  const health = await fetch(`${server.url}/health`);
  expect([health.status, await health.json()]).toEqual([503, { status: 'loading' }]);
  for (const path of ['/infill', '/score', '/v1/completions']) {
    const response = await fetch(server.url + path, { method: 'POST', body: '{}' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  }
  expect((await fetch(`${server.url}/v1/models`)).status).toBe(503);
  expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^maria_lanes 0$/m);
});

test('the document names all paths, and all that it refers to is there', async () => {
  await start();
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as ReturnType<
    typeof openApi
  > & {
    paths: Record<string, Record<string, unknown>>;
    components: { schemas: Record<string, unknown> };
  };
  expect(document).toEqual(JSON.parse(JSON.stringify(openApi('1.2.3'))));
  for (const [path, methods] of Object.entries(document.paths))
    for (const method of Object.keys(methods).filter((name) => name !== 'parameters')) {
      const { status } = await fetch(server.url + path, { method: method.toUpperCase() });
      expect([path, method, [404, 405].includes(status)]).toEqual([path, method, false]);
    }
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
    expect(document.components.schemas).toHaveProperty(name!);
});
