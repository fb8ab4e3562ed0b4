// What a Hub and its CDN can do wrong, or on purpose: answers to a pull, each with how the pull has to end.
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createGzip, type Gzip, gzipSync } from 'node:zlib';
import {
  fail,
  gitId,
  type Misbehaviour,
  type SeenRequest,
  send,
  sha256,
} from '../packages/checkpoints/src/hub/hub-server.test.support.js';
import {
  commits,
  tinyFiles,
  tinyTokenizer,
} from '../packages/checkpoints/src/hub/tiny-repository.test.support.js';

export interface Behaviour {
  readonly name: string;
  /** Made anew for each pull, for it may count requests. */
  readonly act: (addresses: Addresses) => Misbehaviour;
  /** How the pull ends: all is there, or an error of this code whose message matches. */
  readonly ends: 'whole' | readonly [code: string, says: RegExp];
  /** Files of the repository that differ from the usual ones. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** The pull waits for little: 50 ms of silence, and the speed over 50 ms. */
  readonly hasty?: true;
  /** What the notes of the pull say. */
  readonly notes?: RegExp;
}

export interface Addresses {
  readonly hub: string;
  readonly cdn: string;
}

const commit = commits[0];
const files = tinyFiles();
const weights = Buffer.from(files['model.safetensors']!);
const steering = '\u001b]0;pwned\u0007\u001b[31m';

const isApi = ({ path }: SeenRequest) => path.startsWith('/api/models/');
const fileOf = ({ path }: SeenRequest) => /\/resolve\/[^/]+\/(.+)$/.exec(path)?.[1];

/** Behaves so to some requests, and like any Hub to the others. */
const to =
  (
    picks: (seen: SeenRequest) => boolean,
    act: (response: ServerResponse, seen: SeenRequest) => unknown,
  ): Misbehaviour =>
  (seen, response) => {
    if (!picks(seen)) return false;
    response.on('error', () => {});
    act(response, seen);
    return true;
  };
type Act = Parameters<typeof to>[1];
const toApi = (act: Act) => () => to(isApi, act);
const toCdn = (act: Act) => () => to(({ host }) => host === 'cdn', act);

/** The n-th act for the n-th request, the last one for all that come later. */
function inTurn(...acts: readonly Act[]): Act {
  let next = 0;
  return (response, seen) => acts[Math.min(next++, acts.length - 1)]!(response, seen);
}

const status =
  (code: number, headers: Record<string, string> = {}): Act =>
  (response) =>
    response.writeHead(code, headers).end();
const text =
  (body: string): Act =>
  (response) =>
    response.end(body);
const raw =
  (body: string): Act =>
  (response) =>
    response.socket?.end(body);
const describing =
  (over: object = {}): Act =>
  (response) =>
    response.end(
      JSON.stringify({
        id: 'org/tiny',
        sha: commit,
        siblings: named(Object.keys(files)),
        cardData: { license: 'apache-2.0' },
        ...over,
      }),
    );
const named = (names: readonly string[]) => names.map((rfilename) => ({ rfilename }));
const asUsual = (): Misbehaviour => () => false;
const redirect = (location: string): Act => status(302, { location });

/** Sends without an end, until the other side has had enough. */
function endless(target: ServerResponse | Gzip, isClosed: () => boolean, chunk: Buffer): void {
  const more = () => {
    while (!isClosed() && target.write(chunk));
    if (!isClosed()) target.once('drain', more);
  };
  more();
}
const spaces = Buffer.alloc(1 << 16, ' ');
const sendEndlessly: Act = (response, { method }) => {
  response.writeHead(200);
  if (method === 'HEAD') return response.end();
  endless(response, () => response.destroyed, spaces);
};
const sendBomb: Act = (response, { method }) => {
  response.writeHead(200, { 'content-encoding': 'gzip' });
  if (method === 'HEAD') return response.end();
  const zip = createGzip();
  zip.pipe(response);
  endless(zip, () => response.destroyed, Buffer.alloc(1 << 20, ' '));
};
/** A byte every now and then. */
const trickle =
  (headers: Record<string, number> = {}): Act =>
  (response) => {
    response.writeHead(200, headers);
    const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : response.write(' ')), 5);
  };
const whole =
  (body: Uint8Array): Act =>
  (response, seen) =>
    send(seen, response, body);
/** Announces all, sends so much, and drops the connection. */
const cut =
  (body: Uint8Array, bytes: number): Act =>
  (response, seen) => {
    const start = Number(/\d+/.exec(seen.range ?? '0')![0]);
    response.writeHead(seen.range ? 206 : 200, {
      'content-length': body.length - start,
      ...(seen.range && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
    });
    response.write(body.subarray(start, start + bytes), () => setImmediate(() => response.destroy()));
  };
/** Headers for every file of the Hub itself, then the Hub's own answer. */
const tagged =
  (headers: (seen: SeenRequest) => Record<string, string>) => (): Misbehaviour => (seen, response) => {
    const body = files[fileOf(seen) ?? ''];
    if (!body) return false;
    response.setHeader('x-repo-commit', commit);
    for (const [name, value] of Object.entries(headers(seen))) response.setHeader(name, value);
    return send(seen, response, body);
  };
/** The Hub's redirect of the weights, with other headers. */
const linked =
  (headers: Record<string, string>, then?: Act) =>
  ({ cdn }: Addresses): Misbehaviour => {
    const hub = to(
      (seen) => fileOf(seen) === 'model.safetensors',
      status(302, {
        'x-repo-commit': commit,
        'x-linked-etag': `"${sha256(weights)}"`,
        location: `${cdn}/blob/${sha256(weights)}?signature=secret`,
        ...headers,
      }),
    );
    const content = then && to(({ host }) => host === 'cdn', then);
    return (...request) => hub(...request) || (content?.(...request) ?? false);
  };
const changed = (body: Uint8Array, at: number): Buffer => {
  const other = Buffer.from(body);
  other[at]! ^= 0xff;
  return other;
};
/** A small file's own headers around other bytes. */
const smallAs = (file: string, act: Act) => (): Misbehaviour =>
  to(
    (seen) => fileOf(seen) === file,
    (response, seen) => {
      response.setHeader('x-repo-commit', commit);
      response.setHeader('etag', `"${gitId(files[file]!)}"`);
      act(response, seen);
    },
  );
const ofMaria = { 'config.json': Buffer.from('{"model_type":"maria"}') };
const lists = (...names: string[]) =>
  toApi(describing({ siblings: named(['config.json', 'model.safetensors', 'tokenizer.json', ...names]) }));
const nameRefused = ['bad-response', /its name is not a plain relative path/] as const;
const noDescription = ['bad-response', /gives no description of org\/tiny/] as const;

export const behaviours: readonly Behaviour[] = [
  // The description of the repository.
  {
    name: 'describes without an end',
    act: toApi(sendEndlessly),
    ends: ['bad-response', /has more than 16777216 bytes/],
  },
  {
    name: 'describes as a gzip bomb',
    act: toApi(sendBomb),
    ends: ['bad-response', /has more than 16777216 bytes/],
  },
  {
    name: 'trickles its description',
    act: toApi(trickle()),
    ends: ['too-slow', /sent [\d.]+ bytes a second over 0 s, less than the 1000000000 bytes a second/],
    hasty: true,
  },
  {
    name: 'sends no end of headers',
    act: toApi((response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\nX-');
      const timer = setInterval(
        () => ((response.socket?.destroyed ?? true) ? clearInterval(timer) : response.socket?.write('a')),
        5,
      );
    }),
    ends: ['unreachable', /has been silent for 0\.05 s/],
    hasty: true,
    notes: /^Waiting for 127.0.0.1:\d+, which has sent nothing for 0\.01 s\.$/m,
  },
  {
    name: 'redirects in a circle',
    act: toApi(redirect('/api/models/again')),
    ends: ['redirect-loop', /redirects more than 10 times/],
  },
  {
    name: 'redirects its description to another origin',
    act: ({ cdn }) => to(isApi, inTurn(redirect(`${cdn}/api/models/x`), describing())),
    ends: 'whole',
  },
  {
    name: 'redirects to another name of the same machine',
    act: ({ hub }) =>
      to(isApi, inTurn(redirect(`${hub.replace('127.0.0.1', 'localhost')}/api/models/x`), describing())),
    ends: 'whole',
  },
  {
    name: 'redirects to a file',
    act: toApi(redirect('file:///etc/passwd')),
    ends: ['bad-response', /an address that is not of the web/],
  },
  {
    name: 'redirects to no address',
    act: toApi(redirect('http://[')),
    ends: ['bad-response', /redirects to no valid address/],
  },
  {
    name: 'redirects without an address',
    act: toApi(status(302)),
    ends: ['bad-response', /redirects to no valid address/],
  },
  { name: 'answers with a page', act: toApi(text(`<html>${steering}login</html>`)), ends: noDescription },
  { name: 'answers with null', act: toApi(text('null')), ends: noDescription },
  { name: 'answers with a list', act: toApi(text('[]')), ends: noDescription },
  {
    name: 'answers with deep lists',
    act: toApi(text('['.repeat(3e5) + ']'.repeat(3e5))),
    ends: noDescription,
  },
  {
    name: 'answers with deep objects',
    act: toApi(text(`${'{"a":'.repeat(2e5)}1${'}'.repeat(2e5)}`)),
    ends: noDescription,
  },
  {
    name: 'lists 100,000 files',
    act: toApi(
      describing({
        siblings: named([...Array.from({ length: 100_000 }, (_, i) => `f${i}.txt`), ...Object.keys(files)]),
      }),
    ),
    ends: 'whole',
  },
  {
    name: 'names a path as the commit',
    act: toApi(describing({ sha: '../../../../../../tmp/pwned' })),
    ends: noDescription,
  },
  {
    name: 'names the commit in capitals',
    act: toApi(describing({ sha: 'A'.repeat(40) })),
    ends: noDescription,
  },
  { name: 'lists files as a word', act: toApi(describing({ siblings: 'x' })), ends: noDescription },
  {
    name: 'lists files that have no names',
    act: toApi(describing({ siblings: [null, { rfilename: 5 }, { rfilename: 'config.json' }] })),
    ends: noDescription,
  },
  { name: 'lists no files', act: toApi(describing({ siblings: [] })), ends: noDescription },
  {
    name: 'sends keys that name prototypes',
    act: toApi(
      text(
        `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"id":"org/tiny","sha":"${commit}","siblings":${JSON.stringify(named(Object.keys(files)))}}`,
      ),
    ),
    ends: 'whole',
  },
  {
    name: 'has no configuration',
    act: toApi(describing({ siblings: named(['model.safetensors', 'tokenizer.json']) })),
    ends: ['missing-model-file', /has no config\.json/],
  },
  {
    name: 'has no tokenizer',
    act: toApi(describing({ siblings: named(['config.json', 'model.safetensors']) })),
    ends: ['missing-tokenizer', /has no tokenizer\.json/],
  },
  {
    name: 'has a tokenizer that is none',
    files: { 'tokenizer.json': Buffer.from('{"model":{}}') },
    act: toCdn(status(500)),
    ends: ['bad-tokenizer', /it must be a model with a vocabulary/],
  },
  {
    name: 'has a licence that steers a terminal',
    act: toApi(describing({ cardData: { license: `x${steering}` } })),
    ends: 'whole',
  },

  // Names that lead elsewhere.
  {
    name: 'lists weights of other folders',
    act: lists('../../../../pwned.safetensors', '/tmp/pwned.safetensors', '..\\..\\x.safetensors'),
    ends: 'whole',
  },
  {
    name: 'lists parts of a pair above the cache',
    files: ofMaria,
    act: lists('../../../../../pwned/config.json', '../../../../../pwned/tokenizer.json'),
    ends: nameRefused,
  },
  {
    name: 'lists parts of a pair by absolute paths',
    files: ofMaria,
    act: lists('/tmp/pwned/config.json', '/tmp/pwned/tokenizer.json'),
    ends: nameRefused,
  },
  {
    name: 'lists paths with dots and nothing between slashes',
    files: ofMaria,
    act: lists('./config.json', 'a/./config.json', 'a//config.json'),
    ends: nameRefused,
  },
  {
    name: 'lists names with NUL and escapes',
    files: ofMaria,
    act: lists('a\0/config.json', 'b\u001b[2J/config.json'),
    ends: nameRefused,
  },
  {
    name: 'lists 100,000 parts of a pair',
    files: ofMaria,
    act: lists(...Array.from({ length: 100_000 }, (_, i) => `${i}/config.json`)),
    ends: ['model-parts', /100000 of its folders hold a model; a MARIA checkpoint has two backbones/],
  },
  {
    name: 'has a name of 300 letters',
    files: { ...ofMaria, [`${'l'.repeat(300)}/config.json`]: spaces },
    act: asUsual,
    ends: ['write-failed', /the name is too long/],
  },
  {
    name: 'has a file in a file',
    files: { ...ofMaria, 'config.json/config.json': spaces },
    act: asUsual,
    ends: ['bad-response', /has "config\.json" both as a file and as a folder/],
  },
  {
    name: 'lists only a name that steers a terminal',
    act: toApi(describing({ siblings: named(['config.json', `${steering}.bin`]) })),
    ends: ['no-safetensors', /has no \.safetensors weights/],
  },
  {
    name: 'names shards of other folders in an index',
    files: {
      'model.safetensors.index.json': Buffer.from('{"weight_map":{"a":"../../../etc/passwd.safetensors"}}'),
    },
    act: toApi(
      describing({ siblings: named(['config.json', 'model.safetensors.index.json', 'tokenizer.json']) }),
    ),
    ends: ['bad-safetensors-index', /does not name \.safetensors files in the same folder/],
  },

  // Statuses.
  {
    name: 'is busy twice',
    act: toApi(
      inTurn(status(429, { 'retry-after': '1' }), status(429, { 'retry-after': '1' }), describing()),
    ),
    ends: 'whole',
    notes: /has had too many requests \(HTTP 429\) and asks to wait 1 s\. Waiting 1 s for try 2 of 5\./,
  },
  {
    name: 'is busy for an hour',
    act: toApi(status(429, { 'retry-after': '3600' })),
    ends: ['rate-limited', /asks to wait 3600 s/],
  },
  {
    name: 'asks to wait for no number',
    act: toApi(status(429, { 'retry-after': '-5 parsecs' })),
    ends: ['rate-limited', /too many requests/],
  },
  {
    name: 'asks to wait until the year 9999',
    act: toApi(status(429, { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' })),
    ends: ['rate-limited', /asks to wait \d{10,} s/],
  },
  {
    name: 'asks for 59 s each time',
    act: toApi(status(429, { 'retry-after': '59' })),
    ends: ['rate-limited', /asks to wait 59 s/],
    notes: /Waiting 59 s for try 5 of 5\./,
  },
  ...[500, 502, 503, 504].map(
    (code): Behaviour => ({
      name: `answers ${code}`,
      act: toApi((response) => response.writeHead(code).end(steering)),
      ends: ['server-error', new RegExp(`has a problem of its own \\(HTTP ${code}\\)`)],
    }),
  ),
  ...[501, 505].map(
    (code): Behaviour => ({
      name: `answers ${code}`,
      act: toApi(status(code)),
      ends: ['bad-response', new RegExp(`\\(HTTP ${code}\\)`)],
    }),
  ),
  {
    name: 'answers 503 twice',
    act: toApi(inTurn(status(503), status(503), describing())),
    ends: 'whole',
    notes: /Waiting 1 s for try 3 of 5/,
  },
  ...[400, 409, 410, 418, 422, 451].map(
    (code): Behaviour => ({
      name: `answers ${code}`,
      act: toApi(status(code)),
      ends: ['bad-response', new RegExp(`is not understood \\(HTTP ${code}\\)`)],
    }),
  ),
  {
    name: 'answers 401',
    act: toApi(status(401)),
    ends: ['access-denied', /does not accept the access token/],
  },
  {
    name: 'answers 403',
    act: toApi(status(403)),
    ends: ['access-denied', /is gated, and the account of the access token has no access/],
  },
  {
    name: 'answers 404',
    act: toApi(status(404, { 'x-error-message': 'evil' })),
    ends: ['not-found', /no such repository or no such revision/],
  },
  {
    name: 'answers 407',
    act: toApi(status(407)),
    // The fetch standard makes a failed connection of it.
    ends: ['unreachable', /the connection failed/],
  },
  { name: 'answers 204', act: toApi(status(204)), ends: noDescription },
  { name: 'answers 206', act: toApi((response) => response.writeHead(206).end('{}')), ends: noDescription },
  { name: 'answers 300', act: toApi((response) => response.writeHead(300).end('{}')), ends: noDescription },

  // Broken HTTP.
  {
    name: 'resets the connection in an answer',
    act: toApi((response) => {
      response.writeHead(200);
      response.write('{', () => response.socket?.resetAndDestroy());
    }),
    ends: ['unreachable', /the connection was dropped/],
  },
  {
    name: 'resets the connection',
    act: toApi((response) => response.socket?.resetAndDestroy()),
    ends: ['unreachable', /the connection was dropped/],
  },
  {
    name: 'does not speak HTTP',
    act: toApi(raw('\x00\x01\x02 not http\r\n\r\n')),
    ends: ['unreachable', /the connection failed \(HPE_\w+\)/],
  },
  {
    name: 'sends 2 MB of headers',
    act: toApi(
      raw(
        `HTTP/1.1 200 OK\r\n${Array.from({ length: 2000 }, (_, i) => `x-${i}: ${'v'.repeat(1000)}\r\n`).join('')}\r\n{}`,
      ),
    ),
    ends: [
      'unreachable',
      /the connection failed \((?:UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)\)|the connection was dropped/,
    ],
  },
  {
    name: 'sends 50 hints first',
    act: toApi((response, seen) => {
      for (let i = 0; i < 50; i++) response.socket?.write('HTTP/1.1 103 Early Hints\r\n\r\n');
      describing()(response, seen);
    }),
    ends: 'whole',
  },
  {
    name: 'announces a negative length',
    act: toApi(raw('HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}')),
    ends: ['unreachable', /the connection failed \(HPE_\w+\)/],
  },
  {
    name: 'announces two lengths',
    act: toApi(raw('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\n{}')),
    ends: ['unreachable', /the connection failed \(HPE_\w+\)/],
  },

  // Small files.
  {
    name: 'has a configuration that steers a terminal',
    files: { 'config.json': Buffer.from(JSON.stringify({ model_type: `olmo${steering}` })) },
    act: asUsual,
    ends: 'whole',
  },
  {
    name: 'has a configuration that is no JSON',
    files: { 'config.json': Buffer.from(`{"a": ${steering} oops`) },
    act: asUsual,
    ends: ['bad-json', /it is not valid JSON/],
  },
  {
    name: 'gives files of another commit',
    act: tagged(() => ({ etag: '"x"', 'x-repo-commit': '2'.repeat(40) })),
    ends: ['bad-response', /of commit 2{40} in place of 1{40}/],
  },
  {
    name: 'gives no ETag',
    act: tagged(() => ({})),
    ends: ['bad-response', /gives no ETag for config\.json/],
  },
  {
    name: 'gives an empty ETag',
    act: tagged(() => ({ etag: '""' })),
    ends: ['bad-response', /gives no ETag for config\.json/],
  },
  {
    name: 'gives a path as the ETag',
    act: tagged(() => ({ etag: '"../../../../../../tmp/pwned"' })),
    ends: 'whole',
    notes:
      /gives no hash of config\.json, README\.md, tokenizer\.json and 1 more: what arrived could not be checked/,
  },
  {
    name: 'gives all files the same ETag',
    act: tagged(() => ({ etag: '"same"' })),
    ends: 'whole',
    notes: /could not be checked/,
  },
  {
    name: 'gives ETags of 6,000 letters',
    act: tagged((seen) => ({ etag: `"${'e'.repeat(6000)}${fileOf(seen)}"` })),
    ends: 'whole',
    notes: /could not be checked/,
  },
  {
    name: 'gives another ETag each time',
    act: () => {
      let n = 0;
      return tagged(() => ({ etag: `"${createHash('md5').update(`${n++}`).digest('hex')}"` }))();
    },
    ends: 'whole',
    notes: /could not be checked/,
  },
  {
    name: 'changes a byte of a small file',
    act: smallAs('tokenizer.json', whole(changed(files['tokenizer.json']!, 30))),
    ends: ['hash-mismatch', /tokenizer\.json arrived damaged: its git id is/],
  },
  {
    name: 'sends a configuration without an end',
    act: smallAs('config.json', sendEndlessly),
    ends: ['wrong-length', /config\.json goes on after 16777216 bytes, and no length was announced/],
  },
  {
    name: 'sends a configuration as a gzip bomb',
    act: smallAs('config.json', sendBomb),
    ends: ['wrong-length', /config\.json goes on after 16777216 bytes/],
  },
  {
    name: 'sends a model card without an end',
    act: smallAs('README.md', sendEndlessly),
    ends: ['wrong-length', /README\.md goes on after 4194304 bytes/],
  },
  {
    name: 'drops a small file half way and goes on with another',
    act: smallAs(
      'tokenizer.json',
      inTurn(whole(tinyTokenizer('a')), cut(tinyTokenizer('a'), 20), whole(tinyTokenizer('b'))),
    ),
    ends: ['hash-mismatch', /tokenizer\.json arrived damaged/],
  },
  {
    name: 'announces another length of a small file',
    act: smallAs('config.json', inTurn(status(200, { 'content-length': '5' }), whole(files['config.json']!))),
    ends: ['wrong-length', /config\.json has \d+ bytes, where 5 were announced/],
  },

  // Where the weights are, and what they are.
  {
    name: 'announces weights of 1 PB',
    act: linked({ 'x-linked-size': '999999999999999' }),
    ends: ['disk-full', /it needs [\d.]+ GiB/],
  },
  { name: 'announces weights of a negative size', act: linked({ 'x-linked-size': '-5' }), ends: 'whole' },
  {
    name: 'announces weights of no bytes',
    act: linked({ 'x-linked-size': '0' }),
    ends: ['wrong-length', /has 300000 bytes, where 0 were announced/],
  },
  { name: 'announces no size of the weights', act: linked({}), ends: 'whole' },
  {
    name: 'gives no hash of the weights',
    act: linked({ 'x-linked-size': '300000', 'x-linked-etag': '"abc123"' }),
    ends: 'whole',
    notes: /gives no hash of model\.safetensors: what arrived could not be checked/,
  },
  {
    name: 'has the weights where no web is',
    act: linked({ location: 'ftp://127.0.0.1/x' }),
    ends: ['bad-response', /an address that is not of the web/],
  },

  // The CDN.
  {
    name: 'gives links that are refused twice',
    act: toCdn(inTurn(status(403), status(403), whole(weights))),
    ends: 'whole',
  },
  {
    name: 'gives links that are always refused',
    act: toCdn(status(403)),
    ends: ['access-denied', /refuses the link that the Hub gave/],
  },
  {
    name: 'changes a byte of the weights',
    act: toCdn(whole(changed(weights, weights.length - 5))),
    ends: ['hash-mismatch', /model\.safetensors arrived damaged: its SHA-256 is/],
  },
  {
    name: 'drops the weights and goes on with others, then sends the right ones',
    act: toCdn(inTurn(cut(weights, 100_000), whole(changed(weights, 200_000)), whole(weights))),
    ends: 'whole',
  },
  {
    name: 'drops the weights again and again',
    act: toCdn(cut(weights, 1000)),
    ends: ['unreachable', /the connection was dropped|broke off/],
  },
  {
    name: 'announces less than it has',
    act: toCdn((response) =>
      response.writeHead(200, { 'content-length': 1000 }).end(weights.subarray(0, 1000)),
    ),
    ends: ['wrong-length', /has 1000 bytes, where 300000 were announced/],
  },
  {
    name: 'sends more than it has',
    act: toCdn(whole(Buffer.concat([weights, Buffer.alloc(1000)]))),
    ends: ['wrong-length', /has 301000 bytes, where 300000/],
  },
  {
    name: 'sends weights without an end',
    act: toCdn(sendEndlessly),
    ends: ['wrong-length', /goes on after 300000 bytes, where 300000 were announced/],
  },
  {
    name: 'sends weights without an end or a size',
    act: linked({}, sendEndlessly),
    ends: ['bad-response', /does not say how long model\.safetensors is/],
  },
  {
    name: 'sends weights as a gzip bomb',
    act: toCdn(sendBomb),
    ends: ['wrong-length', /goes on after 300000 bytes/],
  },
  {
    name: 'sends weights as a gzip bomb without a size',
    act: linked({}, sendBomb),
    ends: ['bad-response', /does not say how long/],
  },
  {
    name: 'sends weights compressed',
    act: toCdn((response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(weights))),
    ends: 'whole',
  },
  {
    name: 'knows no ranges',
    act: toCdn(
      inTurn(cut(weights, 100_000), (response, seen) =>
        send({ ...seen, range: undefined }, response, weights),
      ),
    ),
    ends: 'whole',
  },
  {
    name: 'goes on at another place',
    act: toCdn(
      inTurn(cut(weights, 100_000), (response) =>
        response
          .writeHead(206, { 'content-range': `bytes 7-${weights.length - 1}/${weights.length}` })
          .end(weights.subarray(7)),
      ),
    ),
    ends: ['bad-response', /answers with another part of model\.safetensors/],
  },
  {
    name: 'sends parts that nobody asked for',
    act: toCdn((response) =>
      response
        .writeHead(206, { 'content-range': `bytes 0-9/${weights.length}`, 'content-length': 10 })
        .end(weights.subarray(0, 10)),
    ),
    ends: ['bad-response', /answers with another part of model\.safetensors/],
  },
  {
    name: 'has no such part',
    act: toCdn(inTurn(cut(weights, 100_000), status(416), whole(weights))),
    ends: 'whole',
  },
  {
    name: 'trickles the weights',
    act: toCdn(trickle({ 'content-length': weights.length })),
    ends: ['too-slow', /less than the 1000000000 bytes a second/],
    hasty: true,
  },
  {
    name: 'falls silent in the weights',
    act: toCdn((response) => {
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 1000));
    }),
    ends: ['unreachable', /has been silent for 0\.05 s/],
    hasty: true,
  },
  {
    name: 'redirects the weights in a circle',
    act: toCdn((response, seen) => redirect(seen.path)(response, seen)),
    ends: ['redirect-loop', /redirects more than 10 times/],
  },
  {
    name: 'says that there are no weights',
    act: toCdn((response) => fail(response, 404)),
    ends: ['not-found', /HTTP 404/],
  },
];
