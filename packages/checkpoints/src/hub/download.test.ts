// Downloads that break off and go on, servers that misbehave, and a full or read-only disk.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { InterruptedError, NetworkError } from '@maria/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../weights/raw-files.test.support.js';
import {
  fail,
  type Misbehaviour,
  type SeenRequest,
  send,
  sha256,
  testHub,
} from './hub-server.test.support.js';
import { type PulledModel, type PullOptions, pullModel } from './pull.js';
import {
  commits,
  impatient,
  tinyRepository,
  tinyTokenizer,
  weights,
} from './tiny-repository.test.support.js';

const folder = temporaryFolder();
const hub = await testHub();
let cache = '';
let options: PullOptions;
let waits: number[] = [];

beforeEach(() => {
  cache = mkdtempSync(join(folder, 'cache-'));
  hub.seen.length = 0;
  waits = [];
  hub.misbehave = undefined;
  hub.repositories['org/tiny'] = tinyRepository();
  options = { endpoint: hub.endpoint, cacheFolder: cache, env: {}, patience: impatient(waits) };
});

const blobs = () => join(cache, 'models--org--tiny', 'blobs');
const partial = () => join(blobs(), `${sha256(weights)}.incomplete`);
const ofCdn = ({ host }: SeenRequest) => host === 'cdn';
const cdnRanges = () => hub.seen.filter(ofCdn).map(({ range }) => range);

async function expectWhole(): Promise<PulledModel> {
  const pulled = await pullModel('org/tiny', options);
  expect(readFileSync(join(pulled.folder, 'model.safetensors')).equals(weights)).toBe(true);
  expect(existsSync(partial())).toBe(false);
  return pulled;
}

/** Misbehaves for the first requests that the predicate picks. */
function first(times: number, picks: (seen: SeenRequest) => boolean, act: Misbehaviour): Misbehaviour {
  let left = times;
  return (seen, response, body) => picks(seen) && left-- > 0 && act(seen, response, body);
}

/** Once so many bytes of the weights are in the cache. */
const whenStored = (bytes: number) =>
  vi.waitUntil(() => existsSync(partial()) && statSync(partial()).size >= bytes, {
    timeout: 60_000,
    interval: 5,
  });

/** Sends so many bytes of what was asked for, then drops the connection when some have arrived. */
const dropAfter =
  (bytes: number): Misbehaviour =>
  ({ range }, response, body) => {
    const start = Number(/\d+/.exec(range ?? '0')![0]);
    response.writeHead(range ? 206 : 200, {
      'content-length': body!.length - start,
      ...(range && { 'content-range': `bytes ${start}-${body!.length - 1}/${body!.length}` }),
    });
    response.write(body!.subarray(start, start + bytes));
    void whenStored(start + 1).then(() => response.destroy());
    return true;
  };

describe('a download that breaks off', () => {
  it('goes on where it stopped', async () => {
    hub.misbehave = first(2, ofCdn, dropAfter(100_000));
    const { received } = await expectWhole();
    expect(received).toBeGreaterThanOrEqual(weights.length);
    // What the connection still held when it was dropped may be lost.
    const starts = cdnRanges().map((range) => Number(/\d+/.exec(range ?? '0')![0]));
    expect(starts).toEqual([0, expect.any(Number), expect.any(Number)]);
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts[2]).toBeGreaterThan(starts[1]!);
  });

  it('goes on in another run, from a part that any tool left', async () => {
    hub.misbehave = first(99, ofCdn, dropAfter(50_000));
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({
      code: 'unreachable',
      exitStatus: 4,
      message: expect.stringMatching(
        /^Cannot pull org\/tiny: 127\.0\.0\.1:\d+: the connection was dropped\.$/,
      ),
    });
    expect(cdnRanges()).toHaveLength(5);
    const part = readFileSync(partial());
    expect(part.length).toBeGreaterThan(0);
    expect(part.equals(weights.subarray(0, part.length))).toBe(true);
    hub.misbehave = undefined;
    hub.seen.length = 0;
    await expectWhole();
    expect(cdnRanges()).toEqual([`bytes=${part.length}-`]);
  });

  it('needs no request for a part that turns out to be whole', async () => {
    mkdirSync(blobs(), { recursive: true });
    writeFileSync(partial(), weights);
    await expectWhole();
    expect(cdnRanges()).toEqual([]);
  });

  it.each([
    ['of another file', Buffer.alloc(1_000, 1)],
    ['too long', Buffer.alloc(weights.length + 1)],
    ['of the right length and other content', Buffer.alloc(weights.length, 1)],
  ])('starts over when the part is %s', async (_, content) => {
    mkdirSync(blobs(), { recursive: true });
    writeFileSync(partial(), content);
    await expectWhole();
    expect(cdnRanges().at(-1)).toBeUndefined();
  });

  it('starts over when the server ignores ranges', async () => {
    hub.misbehave = first(1, ofCdn, dropAfter(100_000));
    const drop = hub.misbehave;
    hub.misbehave = (seen, response, body) =>
      drop(seen, response, body) || (ofCdn(seen) && send({ ...seen, range: undefined }, response, body!));
    await expectWhole();
    expect(cdnRanges()).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });

  it('goes on with the same version only', async () => {
    // The CDN's own ETag names the version of what has arrived.
    hub.misbehave = first(1, ofCdn, (seen, response, body) => {
      response.setHeader('etag', '"version-1"');
      return dropAfter(100_000)(seen, response, body);
    });
    await expectWhole();
    expect(hub.seen.filter(ofCdn).map(({ ifRange }) => ifRange)).toEqual([undefined, '"version-1"']);
  });

  it.each([
    ['"version-1"', 'bytes=20-', '"version-1"'],
    ['W/"weak"', undefined, undefined],
  ])(
    'goes on with a file that has no hash only where ETags can be compared: %s',
    async (etag, range, ifRange) => {
      const body = tinyTokenizer('a');
      const partOfSmall = () =>
        existsSync(blobs())
          ? readdirSync(blobs()).filter((name) => /^unchecked.*incomplete$/.test(name))
          : [];
      const isStored = () => partOfSmall().some((name) => statSync(join(blobs(), name)).size === 20);
      let isFirst = true;
      hub.misbehave = (seen, response) => {
        if (!seen.path.endsWith('tokenizer.json')) return false;
        response.setHeader('etag', etag);
        if (seen.method === 'HEAD' || !isFirst) return send(seen, response, body);
        isFirst = false;
        response.writeHead(200, { 'content-length': body.length });
        response.write(body.subarray(0, 20));
        void vi.waitUntil(isStored, { timeout: 60_000, interval: 5 }).then(() => response.destroy());
        return true;
      };
      await expectWhole();
      const again = hub.seen.filter(
        ({ method, path }) => method === 'GET' && path.endsWith('tokenizer.json'),
      )[1];
      expect(again).toMatchObject({ range, ifRange });
    },
  );

  it('goes on after silence', async () => {
    options.patience = { ...impatient(), silenceMs: 1_000 };
    hub.misbehave = first(1, ofCdn, (_, response, body) => {
      response.writeHead(200, { 'content-length': body!.length });
      response.write(body!.subarray(0, 1_000));
      return true;
    });
    await expectWhole();
    expect(cdnRanges()).toEqual([undefined, 'bytes=1000-']);
  });

  it('stops when it is told to, and keeps what has arrived', async () => {
    const stop = new AbortController();
    hub.misbehave = first(1, ofCdn, (_, response, body) => {
      response.writeHead(200, { 'content-length': body!.length });
      response.write(body!.subarray(0, 1_000));
      void whenStored(1_000).then(() => stop.abort());
      return true;
    });
    await expect(pullModel('org/tiny', { ...options, signal: stop.signal })).rejects.toThrow(
      InterruptedError,
    );
    expect(readFileSync(partial()).equals(weights.subarray(0, 1_000))).toBe(true);
    await expect(pullModel('org/tiny', { ...options, signal: AbortSignal.abort() })).rejects.toThrow(
      InterruptedError,
    );
    await expectWhole();
    expect(cdnRanges()).toEqual([undefined, 'bytes=1000-']);
  });
});

describe('a server that misbehaves', () => {
  it.each([
    ['shorter', weights.subarray(1), 'has 299999 bytes, where 300000 were announced'],
    ['longer', Buffer.concat([weights, weights]), 'has 600000 bytes, where 300000 were announced'],
    ['other', Buffer.alloc(weights.length), 'arrived damaged: its SHA-256 is'],
  ])('is told from a good one when it sends %s contents', async (_, body, fact) => {
    hub.misbehave = (seen, response) => ofCdn(seen) && send(seen, response, body);
    await expect(pullModel('org/tiny', options)).rejects.toSatisfy(
      (error) => error instanceof NetworkError && error.message.includes(fact),
    );
    expect(readdirSync(blobs()).filter((name) => name.startsWith(sha256(weights)))).toEqual([]);
    expect(existsSync(join(cache, 'models--org--tiny/refs/main'))).toBe(false);
    hub.misbehave = undefined;
    await expectWhole();
  });

  it('is caught when it sends too much without saying how much', async () => {
    hub.misbehave = (seen, response) => {
      if (!ofCdn(seen)) return false;
      response.writeHead(200).end(Buffer.concat([weights, weights]));
      return true;
    };
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({ code: 'wrong-length' });
  });

  it.each([500, 502, 503, 504, 429, 408])('is asked again after HTTP %i', async (status) => {
    hub.misbehave = first(
      2,
      ({ path }) => path.startsWith('/api'),
      (_, response) => fail(response, status),
    );
    await expectWhole();
  });

  it('is given up after as many tries as patience has', async () => {
    hub.misbehave = (_, response) => fail(response, 500);
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({
      code: 'server-error',
      message: expect.stringMatching(/has a problem of its own \(HTTP 500\)/),
    });
    expect(hub.seen).toHaveLength(5);
    expect(waits).toEqual([500, 1000, 2000, 3000]);
  });

  it('is given the time that it asks for, but not more than there is patience', async () => {
    const asks = (seconds: string) =>
      first(1, ofCdn, (_, response) => {
        response.setHeader('retry-after', seconds);
        return fail(response, 429);
      });
    hub.misbehave = asks('7');
    await expectWhole();
    expect(waits).toEqual([7000]);

    cache = options.cacheFolder = mkdtempSync(join(folder, 'cache-'));
    hub.misbehave = asks('3600');
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({
      code: 'rate-limited',
      message: expect.stringMatching(/\(HTTP 429\) and asks to wait 3600 s/),
    });
  });

  it('is asked for a new link when the CDN refuses the one it gave', async () => {
    hub.misbehave = first(1, ofCdn, (_, response) => fail(response, 403));
    await expectWhole();
  });

  it('cannot send us in circles, nor anywhere but to the web', async () => {
    const redirect =
      (location: string): Misbehaviour =>
      (_, response) => {
        response.writeHead(302, { location }).end();
        return true;
      };
    hub.misbehave = redirect('/api/again');
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({
      code: 'redirect-loop',
      exitStatus: 4,
    });
    expect(hub.seen.length).toBeLessThan(20);
    for (const location of ['file:///etc/passwd', 'ftp://x/', '', 'http://'])
      await expect(withRedirect(redirect(location))).rejects.toMatchObject({ code: 'bad-response' });
  });

  const withRedirect = (misbehaviour: Misbehaviour) => {
    hub.misbehave = misbehaviour;
    return pullModel('org/tiny', options);
  };

  it.each([
    '',
    '[]',
    'null',
    '{}',
    '<html>',
    '{"sha":"main","siblings":[]}',
    '{"sha":"../../x","siblings":[{"rfilename":"config.json"}]}',
    `{"sha":"${commits[0]}","siblings":[{"rfilename":7}]}`,
    `{"sha":"${commits[0]}","siblings":3}`,
  ])('is not believed when it describes the repository as %j', async (answer) => {
    hub.misbehave = (_, response) => {
      response.end(answer);
      return true;
    };
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({ code: 'bad-response' });
  });

  it('is not believed when it gives another commit, or no ETag', async () => {
    const head =
      (headers: Record<string, string>): Misbehaviour =>
      ({ method }, response) => {
        if (method === 'HEAD') response.writeHead(200, headers).end();
        return method === 'HEAD';
      };
    await expect(withRedirect(head({ etag: '"x"', 'x-repo-commit': commits[1] }))).rejects.toThrow(
      /gives config.json of commit 2{40}/,
    );
    await expect(withRedirect(head({ 'x-repo-commit': commits[0] }))).rejects.toThrow(
      /gives no ETag for config.json/,
    );
  });

  it('cannot place a blob outside of the cache by its ETag', async () => {
    hub.misbehave = ({ method, path }, response) => {
      if (method !== 'HEAD' || !path.endsWith('tokenizer.json')) return false;
      response.writeHead(200, { etag: '"../../../../evil"' }).end();
      return true;
    };
    await expectWhole();
    expect(readdirSync(blobs()).filter((name) => name.startsWith('unchecked-'))).toHaveLength(1);
    expect(readdirSync(blobs()).join()).not.toContain('evil');
  });
});

describe('the rest of the machine', () => {
  it('is named when nobody answers', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(
      pullModel('org/tiny', { ...options, endpoint: `http://127.0.0.1:${port}` }),
    ).rejects.toMatchObject({
      code: 'unreachable',
      exitStatus: 4,
      message: `Cannot pull org/tiny: 127.0.0.1:${port}: it refuses the connection.`,
    });
  });

  it('is named when the disk is full', async () => {
    mkdirSync(blobs(), { recursive: true });
    symlinkSync('/dev/full', partial());
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({
      code: 'write-failed',
      exitStatus: 1,
      message: expect.stringMatching(
        /writing model\.safetensors to .* failed: no space is left on the device\.$/,
      ),
    });
  });

  it('is named when the cache cannot be written to', async () => {
    writeFileSync(join(cache, 'file'), '');
    await expect(
      pullModel('org/tiny', { ...options, cacheFolder: join(cache, 'file') }),
    ).rejects.toMatchObject({
      code: 'write-failed',
      message: expect.stringMatching(/a part of the path is not a folder/),
    });
  });
});
