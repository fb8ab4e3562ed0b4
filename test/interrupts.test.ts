// Ctrl-C in every situation: heard at once, told with its status, and nothing half written stays. No clock is asked: a run that does
// not hear it goes on for ever, which the test's own limit ends.
import type { ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedFolder } from '@maria/checkpoints';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maria, type Outcome, outcomeOf, recordsIn, signalAtLines, startMaria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-interrupts-'));
const at = (...names: string[]) => join(folder, ...names);
const tiny = embeddedFolder();

/** A Hub that takes requests and never answers. */
let hub: Server;
let asked: () => void = () => {};
beforeAll(async () => {
  hub = createServer(() => asked());
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  const tale = 'Once upon a time there was a little girl who had a dog. They went to the park to play.\n';
  writeFileSync(at('tale.txt'), tale.repeat(20));
  writeFileSync(at('long.txt'), tale.repeat(5000));
});
afterAll(() => {
  hub.closeAllConnections();
  hub.close();
  rmSync(folder, { recursive: true });
});

const gap = 'The [MASK] and the [MASK] went to the [MASK] and saw a [MASK*8].';
const endless = '1000000';

/** When the signal comes. */
type When =
  /** With the first output. */
  | 'output'
  /** As soon as somebody listens for it: before there is any input, or before the model is there. */
  | 'listening'
  /** When the process has computed for so long that it is past its start. */
  | 'working'
  /** When the Hub was asked something. */
  | 'asked'
  /** In a call of a function of Node's with such an argument. */
  | { readonly module: string; readonly call: string; readonly argument: string }
  /** When a file has so many lines. */
  | { readonly file: string; readonly lines: number }
  /** When some of a file was written, under the name that it has until it is whole. */
  | { readonly partOf: string };

interface Situation {
  readonly name: string;
  readonly args: readonly string[];
  readonly when: When;
  /** @default 'SIGINT' */
  readonly signal?: NodeJS.Signals;
  /** Given again and again; without it standard input stays open and silent. */
  readonly line?: string;
  readonly kept?: (outcome: Outcome) => void | Promise<void>;
}

const preload = (code: string) => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
const poll = (condition: string) =>
  preload(`
    import { readdirSync, statSync } from 'node:fs';
    const timer = setInterval(() => {
      if (!(process.listenerCount('SIGINT') > 0 && (${condition}))) return;
      clearInterval(timer);
      process.kill(process.pid, 'SIGINT');
    }, 1).unref();`);

function nodeArgsFor(when: When, signal: NodeJS.Signals): string[] {
  if (when === 'listening') return poll('true');
  // User time of a start is below a second on any machine that these tests end on.
  if (when === 'working') return poll('process.cpuUsage().user > 3e6');
  if (typeof when === 'string') return [];
  if ('partOf' in when)
    return poll(`readdirSync(${JSON.stringify(folder)}).some((name) =>
      name.startsWith('.${when.partOf}.') && statSync(${JSON.stringify(`${folder}/`)} + name).size > 0)`);
  if ('file' in when) return signalAtLines('SIGINT', when.file, when.lines);
  return preload(`
    import module from ${JSON.stringify(when.module)};
    import { syncBuiltinESMExports } from 'node:module';
    const { ${when.call}: original } = module;
    let sent = false;
    module.${when.call} = (...args) => {
      const result = original(...args);
      if (sent || !String(args[0]).includes(${JSON.stringify(when.argument)})) return result;
      sent = true;
      if (typeof result?.then !== 'function') {
        process.kill(process.pid, '${signal}');
        return result;
      }
      return result.then((value) => {
        process.kill(process.pid, '${signal}');
        return value;
      });
    };
    syncBuiltinESMExports();`);
}

async function interrupted(
  { args, when, line, signal: name = 'SIGINT' }: Situation,
  env: Record<string, string>,
): Promise<Outcome> {
  const child = startMaria(args, { env, nodeArgs: nodeArgsFor(when, name) });
  const signal = () => void child.kill(name);
  asked = when === 'asked' ? once(signal) : () => {};
  if (when === 'output') child.stdout!.once('data', signal);
  feed(child, line);
  return outcomeOf(child);
}

function once(call: () => void): () => void {
  let called = false;
  return () => {
    if (!called) call();
    called = true;
  };
}

/** Lines without an end, as fast as they are read. */
function feed({ stdin }: ChildProcess, line: string | undefined): void {
  stdin!.on('error', () => {});
  if (line === undefined) return;
  const more = () => {
    while (stdin!.writable && stdin!.write(`${line}\n`.repeat(100)));
  };
  stdin!.on('drain', more);
  more();
}

const wholeLines = ({ stdout }: Outcome) => expect(stdout).toMatch(/^(.+\n)*$/);
const wholeRecords = ({ stdout }: Outcome) => {
  wholeLines({ stdout } as Outcome);
  expect(recordsIn(stdout).length).toBeGreaterThan(0);
};
const nothing = ({ stdout }: Outcome) => expect(stdout).toBe('');
const noFolder = (name: string) => () => expect(existsSync(at(name))).toBe(false);

const train = (out: string, ...others: string[]) => [
  'train',
  ...['--data', at('tale.txt'), '--batch', '2', '--window', '16', '--steps', endless, '--save-every', '2'],
  ...['--out', at(out)],
  ...others,
];

const situations: Situation[] = [
  { name: 'infill waits for its first line', args: ['infill'], when: 'listening', kept: nothing },
  {
    name: 'infill waits for its next line',
    args: ['infill', 'A [MASK].', '-'],
    when: 'output',
    kept: wholeLines,
  },
  {
    name: 'infill opens its models',
    args: ['infill'],
    line: gap,
    when: { module: 'node:fs', call: 'openSync', argument: 'model.safetensors' },
    kept: nothing,
  },
  { name: 'infill fills lines', args: ['infill'], line: gap, when: 'output', kept: wholeLines },
  {
    name: 'infill fills records',
    args: ['infill', '--jsonl'],
    line: JSON.stringify({ text: gap }),
    when: 'output',
    kept: wholeRecords,
  },
  {
    name: 'infill writes events',
    args: ['infill', '--events'],
    line: gap,
    when: 'output',
    kept: wholeRecords,
  },
  {
    name: 'infill draws samples of one text',
    args: ['infill', '--samples', '65536', gap],
    when: 'working',
    kept: nothing,
  },
  {
    name: 'infill writes a file',
    args: ['infill', '-o', at('filled.txt')],
    line: gap,
    when: { partOf: 'filled.txt' },
    kept: ({ stderr }) => {
      expect(existsSync(at('filled.txt'))).toBe(false);
      const [, partial = ''] = /^What was done so far is in (.*)$/m.exec(stderr) ?? [];
      expect(readFileSync(partial, 'utf8')).toMatch(/^(The .+\n)+$/);
    },
  },
  {
    name: 'infill makes a quantised copy',
    args: ['infill', '--quantize', 'int4', gap],
    when: { module: 'node:fs/promises', call: 'mkdir', argument: '.partial' },
    kept: () => expect(readdirSync(at('cache', 'quantized'))).toEqual(['.locks']),
  },
  {
    name: 'infill makes a quantised copy, and the terminal goes',
    args: ['infill', '--quantize', 'int4', gap],
    when: { module: 'node:fs/promises', call: 'mkdir', argument: '.partial' },
    signal: 'SIGHUP',
    kept: () => expect(readdirSync(at('cache', 'quantized'))).toEqual(['.locks']),
  },
  {
    name: 'infill waits for the Hub',
    args: ['infill', '--ar', 'org/ar', '--mlm', 'org/mlm', gap],
    when: 'asked',
    kept: nothing,
  },
  { name: 'models pull waits for the Hub', args: ['models', 'pull', 'org/ar'], when: 'asked', kept: nothing },
  { name: 'models info waits for the Hub', args: ['models', 'info', 'org/ar'], when: 'asked', kept: nothing },
  {
    name: 'models check compares',
    args: [
      'models',
      'check',
      join(tiny, 'ar'),
      '--quantize',
      'int4',
      '--tokens',
      endless,
      '--text',
      at('long.txt'),
    ],
    when: 'working',
    kept: nothing,
  },
  { name: 'score waits for its first record', args: ['score'], when: 'listening', kept: nothing },
  {
    name: 'score scores lines',
    args: ['score', '--mask-rate', '0.5', '-'],
    line: 'The dog and the cat went to the park.',
    when: 'output',
    kept: wholeRecords,
  },
  {
    name: 'anneal writes events',
    args: ['anneal', '--length', '8', '--sweeps', endless, '--events'],
    when: 'output',
    kept: wholeRecords,
  },
  {
    name: 'anneal writes a trace',
    args: ['anneal', '--length', '8', '--sweeps', endless, '--trace', at('trace.jsonl')],
    when: { file: at('trace.jsonl'), lines: 3 },
    kept: () => expect(recordsIn(readFileSync(at('trace.jsonl'), 'utf8')).length).toBeGreaterThan(2),
  },
  {
    name: 'train waits for its data',
    args: train('silent').map((arg) => (arg === at('tale.txt') ? '-' : arg)),
    when: 'listening',
    kept: noFolder('silent'),
  },
  {
    name: 'train is before its first step',
    args: train('unstarted', '--eval-data', at('long.txt')),
    when: { module: 'node:fs/promises', call: 'open', argument: 'metrics.jsonl' },
    kept: noFolder('unstarted'),
  },
  {
    name: 'train takes steps',
    args: train('steps'),
    when: { file: at('steps', 'metrics.jsonl'), lines: 4 },
    kept: async ({ stderr }) => {
      const [, saved] = /Saved after (\d+) steps\. Go on with: maria train --out/.exec(stderr) ?? [];
      expect(readdirSync(at('steps', 'state'))).toEqual([`step-${saved}`]);
      expect(readdirSync(at('steps')).filter((name) => /^\.|lock|\.new$/.test(name))).toEqual([]);
      const again = ['train', '--out', at('steps'), '--resume', '--steps', saved!];
      expect((await maria(again)).status).toBe(0);
    },
  },
  { name: 'train plans', args: train('planned', '--dry-run'), when: 'listening', kept: noFolder('planned') },
  {
    name: 'bench throughput measures',
    args: ['bench', 'throughput', '--lengths', '32', '--repetitions', endless],
    when: 'working',
  },
  {
    name: 'bench kernels measures',
    args: ['bench', 'kernels', '--shapes', 'tiny', '--repetitions', endless, '--time-limit', endless],
    when: 'working',
  },
  {
    name: 'bench train measures',
    args: [
      ...['bench', 'train', '--vocabulary', '300', '--ar-size', '32', '--mlm-size', '16', '--tokens', '50'],
      ...['--repetitions', endless],
    ],
    when: 'working',
    kept: nothing,
  },
  {
    name: 'doctor tries backends',
    args: ['doctor'],
    when: { module: 'node:child_process', call: 'fork', argument: 'probe-process' },
    kept: ({ stdout, stderr }) => expect([stdout, stderr]).toEqual(['', 'Interrupted.\n']),
  },
];

test.each(situations)('a signal while $name', async (situation) => {
  mkdirSync(at('cache'), { recursive: true });
  const env = {
    MARIA_CACHE: at('cache'),
    HF_HOME: at('home'),
    HF_HUB_CACHE: '',
    HF_TOKEN: '',
    HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
  };
  const outcome = await interrupted(situation, env);
  // SIGHUP ends the process as itself.
  const status = situation.signal === 'SIGHUP' ? null : 130;
  expect([outcome.status, outcome.stderr]).toEqual([status, expect.stringMatching(/(^|\n)Interrupted\.\n$/)]);
  await situation.kept?.(outcome);
});
