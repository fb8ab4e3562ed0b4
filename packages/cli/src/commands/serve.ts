// maria serve: fills and scores texts for other programs, over HTTP.
import { isIP } from 'node:net';
import { UsageError } from '@maria/core/errors';
import * as Flags from '@oclif/core/flags';
import { batchFlag, decimal, lanesFor } from '../flags.js';
import { ModelCommand } from '../model-command.js';
import { note, tell, writeOwn } from '../output.js';
import { decimalRanges, ranges } from '../ranges.js';
import { identityOf } from '../remote/identity.js';
import { packageVersion } from '../version.js';

const SERVER = 'SERVER';

export default class Serve extends ModelCommand {
  static override summary = 'Fill and score texts for other programs, over HTTP.';
  static override description =
    `Loads the model once and answers many requests at the same time: POST /infill and /score with the records of maria infill --jsonl and maria score, POST /v1/completions in the shape of OpenAI; GET /health, /metrics, /v1/models and /openapi.json. docs/server.md describes them.

The address goes to standard output, on one line, when requests are answered. Ctrl-C and SIGTERM end it: requests that are going on have 10 seconds to end.

With the environment variable MARIA_API_KEY, or --key-file, requests need this key as a bearer token.`;
  static override usage = 'serve [FLAGS]';
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --model runs/ettin --port 0',
    'curl --json \'{"text": "The [MASK] sat on the mat.", "seed": 7}\' http://127.0.0.1:8080/infill',
  ];

  static override flags = {
    host: Flags.string({
      helpGroup: SERVER,
      helpValue: 'HOST',
      summary: 'Address to listen on; 0.0.0.0 is all of this machine, which other machines reach.',
      default: '127.0.0.1',
    }),
    port: Flags.integer({
      helpGroup: SERVER,
      helpValue: 'N',
      summary: 'Port to listen on; 0 takes one that is free.',
      default: 8080,
      min: 0,
      max: 65_535,
    }),
    queue: Flags.integer({
      helpGroup: SERVER,
      helpValue: 'N',
      summary: 'Requests that may wait for their turn; one more is told to come again.',
      default: 256,
      ...ranges.waiting,
    }),
    timeout: decimal({
      helpGroup: SERVER,
      helpValue: 'SECONDS',
      summary: 'Longest time of a request, waiting included.',
      default: 300,
      ...decimalRanges.seconds,
    }),
    'key-file': Flags.string({
      helpGroup: SERVER,
      helpValue: 'FILE',
      summary: 'File with the key that requests need. Without it MARIA_API_KEY, if that is set.',
    }),
    'allow-host': Flags.string({
      helpGroup: SERVER,
      helpValue: 'NAME',
      summary:
        'A name under which the server is reached, beside localhost, addresses and --host. May be given more than once.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'allow-origin': Flags.string({
      helpGroup: SERVER,
      helpValue: 'ORIGIN',
      summary:
        'A web page that may ask, such as https://example.org. None may without it. May be given more than once.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    batch: batchFlag,
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Serve);
    const [{ readKey }, { startServer }, { RequestQueue }] = await Promise.all([
      import('../serve/key.js'),
      import('../serve/server.js'),
      import('../serve/request-queue.js'),
    ]);
    const version = packageVersion(this.config.root);
    const key = await readKey(flags['key-file']);
    const server = await startServer({
      host: flags.host,
      port: flags.port,
      guard: {
        hosts: checkedHosts(flags['allow-host'] ?? []),
        origins: checkedOrigins(flags['allow-origin'] ?? []),
        key,
      },
      timeoutMs: 1000 * flags.timeout,
      version,
      identity: identityOf(flags, version),
      note: tell,
    });
    try {
      if (key === undefined && !isOfThisMachine(flags.host))
        note(`Warning: other machines may reach ${server.url}, and no key is asked for.`);
      const { engine, model } = await this.loadModel({
        ...flags,
        lanes: lanesFor(flags.batch, Number.POSITIVE_INFINITY),
      });
      try {
        await engine.requireSystem(model, 'maria');
        const atOnce = engine.sequencesFor(model.ar.lanes);
        const queue = new RequestQueue({ atOnce, mostWaiting: flags.queue });
        server.serve({ engine, model, name: nameOf(flags), queue });
        await server.listenLocally().catch((error: Error) => note(`Warning: ${error.message}`));
        await writeOwn(`${server.url}\n`);
        await aborted(this.signal);
      } finally {
        // A pass that cannot be ended ends with the process.
        if (await server.end()) model.dispose();
      }
    } finally {
      await server.end();
    }
    return 0;
  }
}

/** What a request calls the model. */
function nameOf({
  model,
  ar,
  mlm,
}: {
  readonly model?: string | undefined;
  readonly ar?: string | undefined;
  readonly mlm?: string | undefined;
}) {
  return model ?? (ar === undefined ? 'maria-tiny' : `${ar}+${mlm}`);
}

function isOfThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/** @throws UsageError for what no browser tells as an origin */
function checkedOrigins(origins: readonly string[]): readonly string[] {
  const bad = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (bad === undefined) return origins;
  throw new UsageError('bad-origin', `Cannot let a web page ask: ${JSON.stringify(bad)} is no origin.`, {
    try: 'Give its scheme, host and port only, such as https://example.org.',
  });
}

/** @throws UsageError for what is no name: no request would come under it */
function checkedHosts(hosts: readonly string[]): readonly string[] {
  const bad = hosts.find((host) => !/^[\w.-]+$/.test(host) && isIP(host) === 0);
  if (bad === undefined) return hosts;
  throw new UsageError(
    'bad-host',
    `Cannot be reached under ${JSON.stringify(bad)}: it is no name of a host.`,
    {
      try: 'Give the name alone, without scheme and port, such as maria.example.org.',
    },
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
