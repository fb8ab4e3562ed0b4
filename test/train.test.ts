// maria train as a process: it trains, is killed, is stopped, runs out of space, and goes on; and what it refuses.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maria, mariaBin, outcomeOf, recordsIn, signalAtLines, startMaria } from './cli-process.js';
import { goldenFolder } from './golden-files.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-train-'));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const pair = ['--ar', `${goldenFolder}models/olmo`, '--mlm', `${goldenFolder}models/modernbert`];
const settings = {
  '--steps': '12',
  '--batch': '2',
  '--window': '24',
  '--save-every': '3',
  '--eval-every': '4',
  '--lr': '0.003',
};
const flags = (out: string, others: Readonly<Record<string, string>> = {}) => [
  'train',
  ...pair,
  ...Object.entries({
    ...settings,
    '--data': at('stories.txt'),
    '--eval-data': at('held-out.txt'),
    '--out': at(out),
    ...others,
  }).flat(),
];
const resume = (out: string, ...others: string[]) => ['train', '--out', at(out), '--resume', ...others];

beforeAll(() => {
  const words = [
    'the',
    'king',
    'and',
    'queen',
    'went',
    'to',
    'sea',
    'in',
    'a',
    'small',
    'boat',
    'with',
    'bread',
  ];
  const story = (n: number) =>
    Array.from({ length: 30 + 7 * n }, (_, i) => words[(i * i + n * i + n) % words.length]).join(' ');
  const stories = Array.from({ length: 12 }, (_, n) => story(n)).join('\n<|endoftext|>\n');
  writeFileSync(at('stories.txt'), stories);
  writeFileSync(at('held-out.txt'), [story(20), story(23)].join('\n<|endoftext|>\n'));
});

const page = readFileSync(join(import.meta.dirname, '../docs/json.md'), 'utf8');

/** An example of docs/json.md. */
function documented(name: string): object {
  const [, rest = ''] = page.split(`<!-- ${name} -->\n\`\`\`json\n`);
  return JSON.parse(rest.slice(0, rest.indexOf('\n')));
}

const fieldsOf = (record: object): unknown[] =>
  Object.entries(record).map(([name, value]) => (typeof value === 'object' ? [name, fieldsOf(value)] : name));

interface Metrics {
  step: number;
  loss: number;
  tokensPerSecond: number;
  evalLoss?: number;
}

/** All that a run leaves, but for times. */
function result(out: string) {
  const files = readdirSync(join(at(out), 'state'));
  expect(files).toEqual(['step-12']);
  const bytes = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(at(out), file)))
      .digest('hex');
  return {
    metrics: metricsIn(out).map(({ tokensPerSecond: _, ...record }) => record),
    head: bytes('head.safetensors'),
    optimizer: bytes('state/step-12/optimizer.safetensors'),
    config: bytes('config.json'),
  };
}

function metricsIn(out: string): Metrics[] {
  const file = join(at(out), 'metrics.jsonl');
  if (!existsSync(file)) return [];
  const whole = readFileSync(file, 'utf8');
  return recordsIn<Metrics>(whole.slice(0, whole.lastIndexOf('\n') + 1));
}

/** Calls `then` once the run has taken so many steps. */
function whenSteps(out: string, steps: number, then: () => void): () => void {
  const timer = setInterval(() => {
    if (metricsIn(out).length < steps) return;
    clearInterval(timer);
    then();
  }, 2);
  return () => clearInterval(timer);
}

/** For a run that gets the signal when it has taken so many steps. */
function signalAfter(out: string, steps: number, signal: NodeJS.Signals): { nodeArgs: string[] } {
  return { nodeArgs: signalAtLines(signal, join(at(out), 'metrics.jsonl'), steps) };
}

/** Hashes of what is in a folder. */
function filesOf(path: string): Record<string, string> {
  const hash = (name: string) => createHash('sha256').update(readFileSync(join(path, name)));
  return Object.fromEntries(readdirSync(path).map((name) => [name, hash(name).digest('hex')]));
}

let whole: ReturnType<typeof result>;
beforeAll(async () => {
  const { status, stdout, stderr } = await maria(flags('whole'));
  expect([status, stdout]).toEqual([0, '']);
  expect(stderr).toContain('step 12/12: loss');
  expect(stderr).toContain('training loss');
  whole = result('whole');
});

describe('a run', () => {
  test('leaves a model, metrics and a curve', async () => {
    expect(whole.metrics.map(({ step }) => step)).toEqual(Array.from({ length: 13 }, (_, i) => i));
    expect(whole.metrics.filter(({ evalLoss }) => evalLoss !== undefined).map(({ step }) => step)).toEqual([
      0, 4, 8, 12,
    ]);
    expect(whole.metrics[12]!.evalLoss).toBeLessThan(whole.metrics[0]!.evalLoss!);
    expect(readFileSync(join(at('whole'), 'loss.svg'), 'utf8')).toContain('held-out loss');
    const { status, stdout } = await maria(['infill', '--model', at('whole'), 'the king [MASK*2] to sea']);
    expect([status, stdout.trimEnd().endsWith(' to sea')]).toEqual([0, true]);
  });

  test('is the same again, with its features cached', async () => {
    const { status } = await maria([...flags('cached'), '--feature-cache', '100kB']);
    expect(status).toBe(0);
    expect(result('cached')).toEqual(whole);
    expect(readdirSync(at('cached'))).not.toContain('features.bin');
  });

  test('writes its records as JSON lines', async () => {
    const { status, stdout } = await maria([...flags('json', { '--steps': '2' }), '--json']);
    expect(status).toBe(0);
    expect(recordsIn<Metrics>(stdout)).toEqual(metricsIn('json'));
    expect(metricsIn('json')).toHaveLength(3);
    expect(fieldsOf(metricsIn('json')[0]!)).toEqual(fieldsOf(documented('train')));
  });

  test('reads standard input', async () => {
    const text = readFileSync(at('stories.txt'), 'utf8');
    const { status } = await maria(flags('piped', { '--data': '-' }), { input: text });
    expect(status).toBe(0);
    expect(result('piped').head).toBe(whole.head);
    const again = await maria(resume('piped'));
    expect([again.status, again.stderr]).toEqual([
      2,
      expect.stringContaining('Try: Give the same text again'),
    ]);
    expect((await maria(resume('piped', '--data', '-'), { input: text })).stderr).not.toContain('Warning');
  });
});

describe('a run that is cut off', () => {
  test('goes on after kill -9 at any moment with the same bits', async () => {
    const out = 'killed';
    // Before the first step, between saves, during them; the last time it may end by itself.
    for (const steps of [0, 2, 4, 5, 7, 10, 12]) {
      const child = startMaria(steps === 0 ? flags(out) : [...flags(out), '--resume']);
      const stop = whenSteps(out, steps, () => child.kill('SIGKILL'));
      await outcomeOf(child);
      stop();
    }
    const { status } = await maria([...flags(out), '--resume']);
    expect(status).toBe(0);
    expect(result(out)).toEqual(whole);
  });

  test('goes on with the same part of the data when it was to take so many tokens of them', async () => {
    const some = { '--tokens': '300' };
    const args = (out: string) => flags(out, some).toSpliced(flags(out).indexOf('--steps'), 2);
    expect((await maria(args('part'))).status).toBe(0);
    await outcomeOf(startMaria(args('part-killed'), signalAfter('part-killed', 5, 'SIGKILL')));
    const { status, stderr } = await maria(resume('part-killed'));
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('Warning')]);
    const head = (out: string) => readFileSync(join(at(out), 'head.safetensors'));
    expect(head('part-killed').equals(head('part'))).toBe(true);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGHUP', null],
  ] as const)('saves on %s and goes on with the same bits', async (signal, expected) => {
    const out = `stopped-${signal}`;
    const { status, stderr } = await outcomeOf(startMaria(flags(out), signalAfter(out, 5, signal)));
    expect(status).toBe(expected);
    const [, saved] = /Saved after (\d+) steps\. Go on with: maria train --out \S+ --resume/.exec(stderr)!;
    expect(Number(saved)).toBeGreaterThanOrEqual(4);
    expect(readdirSync(join(at(out), 'state'))).toEqual([`step-${saved}`]);
    const again = await maria(resume(out));
    expect([again.status, again.stderr]).toEqual([
      0,
      expect.stringContaining(`Going on after step ${saved} of 12.`),
    ]);
    expect(result(out)).toEqual(whole);
  });

  test('keeps the last good state when there is no more space, and goes on with the same bits', async () => {
    const out = 'full';
    await outcomeOf(startMaria(flags(out), signalAfter(out, 5, 'SIGKILL')));
    const before = readdirSync(join(at(out), 'state'));
    // The shell's limit on the size of files: the head fits, the optimiser's state does not.
    const script = 'ulimit -f 400; exec "$0" "$@"';
    const limited = await outcomeOf(
      spawn('bash', ['-c', script, process.execPath, mariaBin, ...resume(out)]),
    );
    expect(limited.status).toBe(1);
    expect(limited.stderr).toMatch(
      /Cannot write \S+optimizer\.safetensors: .*\.\nTry: Free some space\. Its state after 3 steps is kept/,
    );
    expect(readdirSync(join(at(out), 'state'))).toEqual(before);
    expect((await maria(resume(out))).status).toBe(0);
    expect(result(out)).toEqual(whole);
  });

  test('goes on wherever it is called from, and was', async () => {
    const args = flags('moved').map((flag) => (isAbsolute(flag) ? relative(folder, flag) : flag));
    await outcomeOf(startMaria(args, { cwd: folder, ...signalAfter('moved', 5, 'SIGKILL') }));
    expect((await maria(resume('moved'))).status).toBe(0);
    expect(result('moved')).toEqual(whole);
  });

  test('stops when it diverges, and keeps what was good', async () => {
    const { status, stderr } = await maria(
      flags('diverged', { '--lr': '1e5', '--warmup': '5', '--save-every': '1' }),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /Cannot go on training: the loss after \d+ steps is .*learning rate of up to 100000\.\nTry: .* --lr 10000/,
    );
    expect(metricsIn('diverged').every(({ loss }) => loss < 26)).toBe(true);
    // What cannot be gone on with is not advised.
    const early = await maria(flags('early', { '--lr': '1e6', '--warmup': '0' }));
    expect([early.status, early.stderr]).toEqual([
      1,
      expect.stringContaining('\nTry: Start again with --lr 100000: nothing of it is saved yet.'),
    ]);
  });
});

describe('a folder', () => {
  test('takes one run at a time', async () => {
    const out = 'locked';
    const child = startMaria(flags(out, { '--steps': '100000' }));
    const finished = outcomeOf(child);
    await new Promise<void>((resolve) => whenSteps(out, 1, resolve));
    const { status, stderr } = await maria(resume(out));
    expect(status).toBe(1);
    expect(stderr).toContain(`another run, process ${child.pid}, is training there.\nTry:`);
    child.kill('SIGKILL');
    await finished;
    // A lock that a dead process left holds nobody up.
    const saved = readdirSync(join(at(out), 'state')).map((name) =>
      Number(/^step-(\d+)$/.exec(name)?.[1] ?? 0),
    );
    const steps = Math.max(0, ...saved) + 1;
    const next = await maria([...flags(out, { '--steps': `${steps}` }), '--resume']);
    expect(next.status).toBe(0);
    if (steps === 1) return;
    const fewer = await maria(resume(out, '--steps', '1'));
    expect([fewer.status, fewer.stderr]).toEqual([2, expect.stringContaining('Cannot stop after 1 steps')]);
  });

  test('is not written over', async () => {
    const { status, stderr } = await maria(flags('whole'));
    expect(status).toBe(2);
    expect(stderr).toContain('it holds one that was saved after 12 steps.\nTry: Go on with it: --resume.');
    mkdirSync(at('model'));
    writeFileSync(join(at('model'), 'config.json'), '{}');
    expect((await maria(flags('model'))).stderr).toContain('it holds a model');
    writeFileSync(at('file'), '');
    expect((await maria(flags('file'))).status).toBe(1);
  });

  test('goes on with a warning about other data and settings, and not with another vocabulary', async () => {
    writeFileSync(at('other.txt'), 'a king and a queen in a boat '.repeat(20));
    const { status, stderr } = await maria(
      resume('cached', '--data', at('other.txt'), '--steps', '14', '--lr', '0.001'),
    );
    expect(status).toBe(0);
    expect(stderr).toContain('Warning: The data are not those that the run was started with');
    expect(stderr).toContain('Warning: The setting steps is 14 now, the run was started with 12.');
    const tiny = join(goldenFolder, '../../models/tiny');
    const mismatch = await maria(resume('cached', '--ar', `${tiny}/ar`, '--mlm', `${tiny}/mlm`));
    expect([mismatch.status, mismatch.stderr]).toEqual([
      3,
      expect.stringContaining('Cannot go on with the run: '),
    ]);
    expect((await maria(resume('whole'))).stderr).toContain('All 12 steps are taken already.');
    expect(readdirSync(at('whole')).filter((name) => /^\.|\.new$/.test(name))).toEqual([]);
    expect(result('whole')).toEqual(whole);
  });

  test('can be left untouched: --dry-run', async () => {
    const { status, stdout, stderr } = await maria([...flags('dry'), '--dry-run']);
    expect([status, stderr, existsSync(at('dry'))]).toEqual([0, '', false]);
    expect(stdout).toMatch(/^steps: 12 of 2 windows, .*\n/m);
    expect(stdout).toMatch(/^time: .+ a step, /m);
    const json = await maria([...flags('dry'), '--dry-run', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ settings: { steps: 12 } });
    expect(fieldsOf(JSON.parse(json.stdout))).toEqual(fieldsOf(documented('train --dry-run')));
  });
});

describe('data', () => {
  const withData = (name: string, content: string | Uint8Array) => {
    writeFileSync(at(name), content);
    return maria(flags(`out-${name}`, { '--data': at(name) }));
  };

  test.each([
    ['empty.txt', '', 'no document has two tokens or more.'],
    ['binary.bin', Uint8Array.from({ length: 999 }, (_, i) => (i * 7) % 256), 'as text: it '],
    ['broken.jsonl', '{"text": "a b c"}\n{"txt": 1}\n', 'line 2 has no string "text".'],
    ['broken.txt.zst', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3), 'its zstd data are unfit'],
  ])('%s is refused', async (name, content, fact) => {
    const { status, stderr } = await withData(name, content);
    expect([status, stderr]).toEqual([3, expect.stringContaining(fact)]);
  });

  test('may be one line', async () => {
    expect((await withData('line.txt', 'the king and the queen')).status).toBe(0);
  });

  test('are needed, and are text that can be read once', async () => {
    expect(await maria(['train', '--out', at('none')])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no data were given'),
    });
    expect((await maria(['train', '--out', at('none'), '--data', at('absent.txt')])).status).toBe(3);
    expect((await maria(['train', '--out', at('none'), '--data', '-', '--eval-data', '-'])).status).toBe(2);
    const long = await maria(flags('none', { '--window': '5000' }));
    const [, longest = ''] = /Try: --window (\d+)/.exec(long.stderr)!;
    expect((await maria([...flags('none', { '--window': longest }), '--dry-run'])).status).toBe(0);
    const bad = await maria(flags('none', { '--mask-rate': 'half' }));
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('Cannot mask at "half"')]);
  });
});

describe('the best head that was evaluated', () => {
  const out = 'rising';
  const best = (name: string) =>
    JSON.parse(readFileSync(join(at(name), 'best/config.json'), 'utf8')).training;

  test('is kept beside the last one, and a loss that rises is warned of', async () => {
    const { status, stderr } = await maria(
      flags(out, { '--lr': '0.5', '--warmup': '5', '--eval-every': '1' }),
    );
    expect(status).toBe(0);
    const losses = metricsIn(out).map(({ evalLoss }) => evalLoss!);
    const lowest = losses.indexOf(Math.min(...losses));
    expect(lowest).toBeLessThan(12);
    expect(best(out)).toMatchObject({ step: lowest, evalLoss: losses[lowest] });
    expect(stderr).toMatch(
      /^Warning: The held-out loss rises: [\d.]+ after \d+ steps?, [\d.]+ after \d+ steps?\.$/m,
    );
    expect(stderr).toMatch(
      new RegExp(
        `^The best head that was evaluated, [\\d.]+ after ${lowest} steps? .*, is in .*rising/best$`,
        'm',
      ),
    );
    const { stdout } = await maria([
      'score',
      '--model',
      join(at(out), 'best'),
      '--mask-rate',
      '1',
      'the king',
    ]);
    expect(recordsIn(stdout)).toHaveLength(1);
  });

  test('is the same of a run that was killed after it was kept, and while it was written', async () => {
    const later = { '--lr': '0.1', '--warmup': '12', '--eval-every': '1', '--save-every': '3' };
    expect((await maria(flags('risen', later))).status).toBe(0);
    const { step } = best('risen');
    expect(step).toBeGreaterThan(3);
    expect(step).toBeLessThan(12);
    const last = ['after', 'while'].map((when) => `risen-${when}`);
    for (const name of last) {
      await outcomeOf(startMaria(flags(name, later), signalAfter(name, step, 'SIGKILL')));
      expect(existsSync(join(at(name), 'state'))).toBe(true);
    }
    rmSync(join(at('risen-while'), 'best/config.json'), { force: true });
    writeFileSync(join(at('risen-while'), 'best/.head.safetensors.0123456789ab.tmp'), '');
    for (const name of last) {
      expect((await maria([...flags(name, later), '--resume'])).status).toBe(0);
      expect(filesOf(join(at(name), 'best'))).toEqual(filesOf(join(at('risen'), 'best')));
    }
  });

  test('stays when the run goes on, and is another when it gets better', async () => {
    const { step } = best(out);
    expect((await maria(resume(out, '--steps', '13'))).status).toBe(0);
    expect(best(out).step).toBe(step);
    expect(best('whole').step).toBe(12);
    expect((await maria(resume('whole', '--steps', '12'))).stderr).toContain(
      'is the best that was evaluated',
    );
  });
});

describe('without a model', () => {
  beforeAll(() => {
    const tale = 'Once upon a time there was a little girl who had a dog. They went to the park to play. ';
    writeFileSync(at('tale.txt'), tale.repeat(5));
  });
  const args = (out: string, ...others: string[]) => [
    ...flags(out, { '--steps': '1', '--eval-data': at('tale.txt') }).filter((flag) => !pair.includes(flag)),
    ...others,
  ];

  test('the trained head that ships with maria is gone on from; --init product starts anew', async () => {
    const trained = await maria(args('shipped'));
    expect([trained.status, trained.stderr]).toEqual([
      0,
      expect.stringMatching(/^Starting from the head that ships with maria\. .*: --init product\.$/m),
    ]);
    const anew = await maria(args('anew', '--init', 'product'));
    expect([anew.status, anew.stderr]).toEqual([0, expect.not.stringContaining('ships with maria')]);
    expect(metricsIn('shipped')[0]!.evalLoss).toBeLessThan(metricsIn('anew')[0]!.evalLoss!);
  });

  test('the head finds the embedded pair wherever maria is', async () => {
    const config = join(at('shipped'), 'config.json');
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replaceAll(/"((?:absolute_)?path)": ".*?"/g, '"$1": "/nowhere"'),
    );
    expect((await maria(['infill', '--model', at('shipped'), 'the [MASK]'])).status).toBe(0);
  });
});

test('a head can be moved, alone or with its backbones; a refusal says where it looked', async () => {
  const run = (model: string) => maria(['infill', '--model', model, 'the king [MASK]']);
  const [here, there] = [at('here'), at('there')];
  for (const name of ['olmo', 'modernbert'])
    cpSync(`${goldenFolder}models/${name}`, join(here, name), { recursive: true, dereference: true });
  const backbones = ['--ar', join(here, 'olmo'), '--mlm', join(here, 'modernbert')];
  const args = flags('here/head', { '--steps': '1' }).filter((flag) => !pair.includes(flag));
  expect((await maria([...args, ...backbones])).status).toBe(0);
  cpSync(join(here, 'head'), at('moved-alone'), { recursive: true });
  const { stdout } = await run(join(here, 'head'));
  expect(await run(at('moved-alone'))).toMatchObject({ status: 0, stdout });
  renameSync(here, there);
  expect(await run(join(there, 'head'))).toMatchObject({ status: 0, stdout });

  const lost = await run(at('moved-alone'));
  expect(lost.status).toBe(3);
  expect(lost.stderr).toMatch(
    /^Cannot load the MARIA model in \S+: its AR model is not where it was looked for: \S+ \(there is no such folder\), \S*here\/olmo \(there is no such folder\), the embedded pair \(it has other weights than the head was trained on\)\.\nTry: Put it at one of these places, or change "path" of "ar" in \S+\n$/,
  );
  cpSync(join(there, 'olmo'), join(here, 'olmo'), { recursive: true });
  cpSync(join(there, 'olmo'), join(here, 'modernbert'), { recursive: true });
  expect((await run(at('moved-alone'))).stderr).toMatch(
    /its MLM is not .*here\/modernbert \(it has other weights than the head was trained on\)/,
  );
});

test('a run that cannot start leaves no folder', async () => {
  const out = 'some/new/folder';
  for (const others of [{ '--data': at('absent.txt') }, { '--window': '5000' }, { '--mlm': at('absent') }]) {
    expect((await maria(flags(out, others))).status).not.toBe(0);
    expect(existsSync(at('some'))).toBe(false);
  }
  const withoutEvalData = flags(out).toSpliced(flags(out).indexOf('--eval-data'), 2);
  const { status, stderr } = await maria(withoutEvalData);
  expect([status, stderr]).toEqual([
    2,
    'Cannot evaluate every 4 steps: no held-out data were given.\nTry: Give held-out text: --eval-data FILE.\n',
  ]);
  expect(existsSync(at('some'))).toBe(false);
  mkdirSync(at('some'));
  expect((await maria(withoutEvalData)).status).toBe(2);
  expect(readdirSync(at('some'))).toEqual([]);
});

test('a reader of the records that goes away is like Ctrl-C: what is done is saved', async () => {
  const out = 'closed-pipe';
  const child = startMaria([...flags(out), '--json']);
  child.stdout!.once('data', () => child.stdout!.destroy());
  let stderr = '';
  child.stderr!.on('data', (text) => (stderr += text));
  const [status] = await once(child, 'close');
  // Where the pipe took all before it was closed, all is done.
  expect([0, 130]).toContain(status);
  if (status === 130) {
    expect(stderr).toMatch(
      /Nobody reads standard output any more\.\n(?:.*\n)*Saved after \d+ steps\. Go on with: .*\nInterrupted\.\n$/,
    );
    expect(readdirSync(join(at(out), 'state'))).toHaveLength(1);
    expect((await maria(resume(out))).status).toBe(0);
  }
  expect(result(out)).toEqual(whole);
});

describe('--quantize', () => {
  const int4 = { '--quantize': 'int4', '--feature-cache': '1MB' };
  const configOf = (out: string) => JSON.parse(readFileSync(join(at(out), 'config.json'), 'utf8'));

  test('is recorded with the head, and kept by a run that goes on after kill -9, to the same bits', async () => {
    expect((await maria(flags('int4', int4))).status).toBe(0);
    const out = 'int4-killed';
    for (const steps of [5, 9]) {
      const child = startMaria(steps === 5 ? flags(out, int4) : resume(out));
      const stop = whenSteps(out, steps, () => child.kill('SIGKILL'));
      await outcomeOf(child);
      stop();
    }
    const { status, stderr } = await maria(resume(out));
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('Warning')]);
    expect(result(out)).toEqual(result('int4'));
    // Other hidden states than those of the models as they are stored.
    expect(result(out).head).not.toBe(whole.head);
    expect(configOf(out).trained_on).toBe('int4');
  });

  test('is told of where a run goes on with another', async () => {
    const { status, stderr } = await maria(resume('int4-killed', '--steps', '13', '--quantize', 'none'));
    expect(status).toBe(0);
    expect(stderr).toContain(
      'Warning: The models are held as they are stored, and the run was started with models held as int4.',
    );
    expect(configOf('int4-killed')).not.toHaveProperty('trained_on');
  });

  test('is warned of where the head is used with models that are held in another way', async () => {
    const head = ['--model', at('int4')];
    const infill = (...others: string[]) => maria(['infill', ...head, ...others, 'the [MASK] sea']);
    const warning = 'Warning: The head was trained on models held as int4, and they are held';
    expect((await infill()).stderr).toContain(`${warning} as they are stored`);
    expect((await infill('--quantize', 'int8')).stderr).toContain(`${warning} as int8`);
    expect((await infill('--quantize', 'int4')).stderr).not.toContain('Warning');
    const further = flags('int4-further', { '--model': at('int4'), '--steps': '1' });
    const { status, stderr } = await maria(further.filter((flag) => !pair.includes(flag)));
    expect([status, stderr]).toEqual([0, expect.stringContaining(warning)]);
  });
});

test('--model goes on from a trained head', async () => {
  const args = flags('further', { '--model': at('whole'), '--steps': '2' }).filter(
    (flag) => !pair.includes(flag),
  );
  const { status } = await maria(args);
  expect(status).toBe(0);
  expect(metricsIn('further')[0]!.evalLoss).toBeCloseTo(whole.metrics[12]!.evalLoss!, 6);
});

test('--compare-init trains from both and draws the figure, in one go or two', async () => {
  const args = [...flags('figure'), '--compare-init'];
  const stopped = await outcomeOf(startMaria(args, signalAfter('figure/random', 1, 'SIGINT')));
  expect([stopped.status, stopped.stderr]).toEqual([
    130,
    expect.stringContaining('Or go on with both: the same command with --resume.'),
  ]);
  const { status, stderr } = await maria([...args, '--resume']);
  expect(status).toBe(0);
  expect(stderr).toContain('Initial values of the head');
  const svg = readFileSync(join(at('figure'), 'figure-2.svg'), 'utf8');
  expect(svg).toContain('product');
  expect(svg).toContain('random');
  expect(metricsIn('figure/random')[0]!.evalLoss).not.toBe(metricsIn('figure/product')[0]!.evalLoss);
});
