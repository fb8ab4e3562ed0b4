// maria anneal on the embedded pair, as a user runs it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { maria, recordsIn, signalAtLines } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-anneal-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Sweep {
  readonly sweep: number;
  readonly chain: number;
  readonly text: string;
  readonly energy: number;
  readonly elapsedMs?: number;
}

const small = ['--length', '12', '--sweeps', '4', '--seed', '1'];

async function annealed(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await maria(['anneal', ...args]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

function traceIn(path: string): Sweep[] {
  return recordsIn<Sweep>(readFileSync(path, 'utf8')).map(({ elapsedMs: _, ...record }) => record);
}

/** Sweeps of chains that ran at once, chain by chain; each chain's in the order of the file. */
const sortedTrace = (path: string) => traceIn(path).toSorted((a, b) => a.chain - b.chain);

test('text, JSON, events and trace tell of the same run, and a seed gives it again', async () => {
  const path = join(folder, 'same.jsonl');
  const text = await annealed(...small, '--trace', path);
  const trace = traceIn(path);
  expect(trace.map(({ sweep }) => sweep)).toEqual([0, 1, 2, 3]);
  const best = trace.reduce((a, b) => (b.energy < a.energy ? b : a));
  expect(text).toBe(`${best.text}\n`);

  const [record] = recordsIn(await annealed(...small, '--json'));
  expect(record).toMatchObject({
    seed: 1,
    chain: 0,
    text: best.text,
    energy: best.energy,
    sweep: best.sweep,
    sweeps: 4,
    acceptanceRate: 1,
  });
  const events = recordsIn<{ type: string }>(await annealed(...small, '--events'));
  expect(events.map(({ type }) => type).filter((type) => type !== 'gap-filled')).toEqual([
    'anneal-start',
    ...[0, 1, 2, 3].flatMap(() => ['sweep-start', 'sweep-end']),
    'done',
  ]);
  const ends = events.flatMap(({ type, ...event }) => (type === 'sweep-end' ? [event] : []));
  expect(ends.map((event) => ({ ...event, elapsedMs: undefined }))).toEqual(
    trace.map((event) => ({ ...event, elapsedMs: undefined })),
  );
  expect(await annealed(...small, '--show', 'last')).toBe(`${trace.at(-1)?.text}\n`);
});

test('given text stays, byte for byte', async () => {
  const prompted = await annealed(
    '--length',
    '20',
    '--prompt',
    'The ˈquick\t',
    '--suffix',
    ' fox…',
    '--sweeps',
    '2',
  );
  expect(prompted).toMatch(/^The ˈquick\t[\s\S]* fox…\n$/);
  const between = await annealed('One [MASK*4] two [MASK*4].', '--sweeps', '2');
  expect(between).toMatch(/^One [\s\S]+ two [\s\S]+\.\n$/);
  const { stdout } = await maria(['anneal', '-', '--sweeps', '2'], { input: 'One [MASK*4] two [MASK*4].' });
  expect(stdout).toBe(between);
});

test('chains are runs of their own, each with its text, and all are in the charts', async () => {
  const svg = join(folder, 'chains.svg');
  const path = join(folder, 'chains.jsonl');
  const args = ['anneal', ...small, '-n', '2', '--json', '--trace', path, '--chart', '--svg', svg];
  const { status, stdout, stderr } = await maria(args);
  expect(status).toBe(0);
  const records = recordsIn<Sweep>(stdout);
  expect(records.map(({ chain }) => chain)).toEqual([0, 1]);
  expect(records[0]?.text).not.toBe(records[1]?.text);
  expect(sortedTrace(path).map(({ chain, sweep }) => [chain, sweep])).toEqual(
    [0, 1].flatMap((chain) => [0, 1, 2, 3].map((sweep) => [chain, sweep])),
  );
  expect(stderr).toMatch(
    /^Energy: nats\n[\s\S]*Generative perplexity: .*\n[\s\S]*\* chain 0 {3}o chain 1\n$/,
  );
  expect(readFileSync(svg, 'utf8').match(/<polyline/g)).toHaveLength(4);
});

describe('an interrupted run', () => {
  const args = ['--length', '32', '--sweeps', '12', '--seed', '3', '--acceptance', '5:0.1'];

  test('keeps its trace, and a resumed one makes the same', async () => {
    const whole = join(folder, 'whole.jsonl');
    const text = await annealed(...args, '--trace', whole);

    const cut = join(folder, 'cut.jsonl');
    const { status, stdout, stderr } = await maria(['anneal', ...args, '--trace', cut], {
      nodeArgs: signalAtLines('SIGINT', cut, 3),
    });
    expect([status, stdout]).toEqual([130, '']);
    expect(stderr).toBe(`The sweeps so far are in ${cut}. Go on with --resume ${cut}\nInterrupted.\n`);
    const kept = traceIn(cut);
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept.length).toBeLessThan(12);

    // As if the machine had stopped in the middle of a line.
    writeFileSync(cut, `${readFileSync(cut, 'utf8')}{"seed":3,"cha`);
    expect(await annealed(...args, '--resume', cut)).toBe(text);
    expect(traceIn(cut)).toEqual(traceIn(whole));
    expect(await annealed(...args, '--resume', cut)).toBe(text);
    expect(traceIn(cut)).toEqual(traceIn(whole));
  });
});

describe('chains at once', () => {
  const args = ['--length', '16', '--sweeps', '5', '--seed', '6', '--chains', '5', '--acceptance', '5:0.1'];

  test('give what they give one after the other, and take turns in the trace', async () => {
    const [one, many] = [join(folder, 'one.jsonl'), join(folder, 'many.jsonl')];
    const alone = await annealed(...args, '--batch', '1', '--trace', one);
    expect(await annealed(...args, '--batch', '3', '--trace', many)).toBe(alone);
    expect(traceIn(one)).toEqual(sortedTrace(one));
    expect(traceIn(many)).not.toEqual(sortedTrace(many));
    expect(sortedTrace(many)).toEqual(traceIn(one));
    const told = async (batch: string) =>
      (await annealed(...args, '--events', '--batch', batch)).replace(/"elapsedMs":[\d.e-]+/g, '');
    expect(await told('auto')).toBe(await told('1'));
  });

  test('go on after an interruption, each where it was', async () => {
    const [whole, cut] = [join(folder, 'whole-chains.jsonl'), join(folder, 'cut-chains.jsonl')];
    const text = await annealed(...args, '--trace', whole);
    const { status, stdout } = await maria(['anneal', ...args, '--batch', '3', '--trace', cut], {
      nodeArgs: signalAtLines('SIGINT', cut, 8),
    });
    expect(status).toBe(130);
    expect(text.startsWith(stdout)).toBe(true);
    expect(new Set(traceIn(cut).map(({ chain }) => chain)).size).toBeGreaterThan(1);
    expect(await annealed(...args, '--batch', '2', '--resume', cut)).toBe(text);
    expect(sortedTrace(cut)).toEqual(sortedTrace(whole));
  });
});

test('a budget ends the run', async () => {
  const [record] = recordsIn<{ sweeps: number; elapsedMs: number }>(
    await annealed('--length', '12', '--budget', '300ms', '--json'),
  );
  expect(record?.sweeps).toBeGreaterThanOrEqual(1);
  expect(record?.elapsedMs).toBeGreaterThan(0);
});

describe('what makes no sense', () => {
  const trace = join(folder, 'bad.jsonl');
  writeFileSync(trace, '{"sweep":0}\n');

  test.each<[string[], number, string]>([
    [[], 2, 'Cannot anneal: neither --length nor TEXT says how much to generate.'],
    [
      ['--length', '0'],
      2,
      'Cannot run maria anneal: --length: it must be a whole number of at least 1, and is 0.',
    ],
    [['--length', '100000'], 2, 'Cannot anneal: the MLM reads at most '],
    [['--length', '3', '--prompt', 'one two three four five'], 2, 'Cannot anneal: prompt and suffix are '],
    [['--prompt', 'x'], 2, 'Cannot run maria anneal: --prompt needs --length.'],
    [['--length', '8', 'x [MASK]'], 2, 'Cannot anneal: TEXT has its own length, without --length.'],
    [['no gap'], 2, 'Cannot anneal: the text has no gap.'],
    [['--length', '8', '--mask-rate', 'NaN'], 2, 'Cannot anneal: the mask rate schedule has the value NaN'],
    [
      ['--length', '8', '--mask-rate', '0.5:1.5'],
      2,
      'Cannot anneal: the mask rate schedule has the value 1.5',
    ],
    [
      ['--length', '8', '--temperature', 'hot'],
      2,
      'Cannot anneal: the temperature schedule "hot" is not one.',
    ],
    [
      ['--length', '8', '--budget', '5 parsecs'],
      2,
      'Cannot run maria anneal: --budget: it must be a time above 0',
    ],
    [['--length', '8', '--budget', '5s', '--sweeps', '3'], 2, 'Cannot run maria anneal: --'],
    [['--length', '8', '--resume', join(folder, 'none.jsonl')], 3, 'Cannot read '],
    [['--length', '8', '--resume', trace], 3, `Cannot read line 1 of ${trace}: not a record of a sweep (`],
    [
      ['--length', '8', '--trace', folder],
      1,
      `Cannot write ${folder}: it is a directory.\nTry: Write somewhere else: --trace FILE.`,
    ],
    [
      ['--length', '8', '--svg', join(folder, 'none/chart.svg')],
      1,
      `Cannot write ${folder}/none/chart.svg: its folder does not exist.\nTry: Write somewhere else: --svg FILE.`,
    ],
  ])('%j', async (args, expected, message) => {
    const { status, stdout, stderr } = await maria(['anneal', ...args]);
    expect(stderr.slice(0, message.length)).toBe(message);
    expect([status, stdout]).toEqual([expected, '']);
  });

  test('a trace of another run is not gone on with, and stays as it is', async () => {
    const path = join(folder, 'other.jsonl');
    await annealed(...small, '--trace', path);
    const before = readFileSync(path, 'utf8');
    const { status, stderr } = await maria(['anneal', ...small.with(5, '2'), '--resume', path]);
    expect(status).toBe(2);
    expect(stderr).toContain('it is of seed 1, chain 0, and this run is of seed 2, chain 0');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});
