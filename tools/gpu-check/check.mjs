// Tries and measures a GPU with everything that maria runs on one, without a network, and writes one JSON file:
//   node tools/gpu-check/check.mjs --device cuda --out gpu.json [--quick] [--python PYTHON]
// README.md beside it tells what is in the file. A step that fails is written down, the others go on, and the exit status is 1.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    out: { type: 'string' },
    quick: { type: 'boolean', default: false },
    python: { type: 'string' },
  },
});
const { device, out, quick, python } = values;
if (out === undefined) {
  process.stderr.write('Cannot check a device without a file for what is found.\nTry: --out gpu.json\n');
  process.exit(2);
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'packages/cli/bin/run.js');
const scratch = mkdtempSync(join(tmpdir(), 'maria-gpu-check-'));
const mostOutput = 1 << 28;

/** What a command wrote. @throws Error with the end of its standard error where it fails */
function ran(command, { input, env } = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(command[0], command.slice(1), {
    cwd: root,
    input: input ?? '',
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: mostOutput,
  });
  if (error || status !== 0)
    throw new Error(`${error?.message ?? `exit status ${status ?? signal}`}: ${(stderr ?? '').slice(-2000)}`);
  return stdout;
}

const maria = (args, options) => ran([process.execPath, bin, ...args], options);
const linesOf = (stdout) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
/** The records of a command that writes JSON lines, after what they were made with. */
const records = (...args) => ({
  command: `maria ${args.join(' ')}`,
  records: linesOf(maria(args)),
});

const story = [
  'Once upon a time there was a [MASK*3] who lived in a [MASK] by the sea.',
  'The little girl had a [MASK] ball, and she [MASK*2] with it in the park every [MASK].',
];
const seeds = Array.from({ length: quick ? 2 : 20 }, (_, seed) => seed);

/** What the device computes in; of WebGPU not every card has more. */
const dtypes = device.startsWith('cuda') ? ['float32', 'float16', 'bfloat16'] : ['float32'];

/** The same texts on the CPU and on the device; and on the device in batches, with drafts and one by one, which may differ in no token. */
function infillEquality() {
  const input = seeds
    .flatMap((seed) => story.map((text) => JSON.stringify({ text, seed, temperature: 1 })))
    .join('\n');
  const forms = ['none', 'int4', 'int8'];
  return forms.flatMap((form) => dtypes.map((dtype) => filledAlike(input, form, dtype)));
}

function filledAlike(input, form, dtype) {
  const fill = (where, ...how) =>
    linesOf(maria(['infill', '--jsonl', '--quantize', form, '--device', where, ...how], { input }));
  const onDevice = (...how) => fill(device, '--dtype', dtype, ...how);
  const [alone, ...others] = [
    onDevice('--batch', '1', '--speculate', 'off'),
    onDevice('--batch', '1', '--speculate', '4'),
    onDevice('--batch', '16', '--speculate', 'off'),
  ];
  const isOther = ({ ids }, i) => ids.join() !== alone[i].ids.join();
  if (others.some((other) => other.some(isOther)))
    throw new Error(`${form}, ${dtype}: on ${device}, batches or drafts change what is filled`);
  const onCpu = fill('cpu');
  const differ = onCpu.flatMap(({ text }, i) =>
    text === alone[i].text ? [] : [{ record: i, cpu: text, device: alone[i].text }],
  );
  return { form, dtype, texts: onCpu.length, equal: onCpu.length - differ.length, differ };
}

function headTraining() {
  const small = ['--vocabulary', '1024', '--ar-size', '64', '--mlm-size', '64', '--tokens', '64'];
  return records('bench', 'train', '--json', '--device', device, ...(quick ? small : []));
}

const large = ['--shape', 'olmo-1b+modernbert-large', '--lengths', '256', '--context', '512'];
const shape = quick ? ['--lengths', '64'] : large;
/** All but decode-step, which has sizes of its own. */
const smallKernels = [
  ...['--shapes', 'tiny', '--repetitions', '2'],
  ...['--kernels', 'linear,linear-int8,linear-int4,matmul,softmax,sampling,attention'],
];
const batches = quick ? '1,4' : '1,16,64';

const steps = {
  devices: () => JSON.parse(maria(['devices', '--json'])).devices,
  goldens: () => {
    const report = join(scratch, 'goldens.json');
    const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
    ran(['npx', 'vitest', 'run', 'test/device.test.ts', ...reporters], {
      env: { MARIA_TEST_DEVICE: device, NO_COLOR: '1' },
    });
    return { passed: JSON.parse(readFileSync(report, 'utf8')).numPassedTests };
  },
  infill: infillEquality,
  kernels: () => records('bench', 'kernels', '--device', device, '--json', ...(quick ? smallKernels : [])),
  ...Object.fromEntries(
    dtypes.map((dtype) => [
      `throughput in ${dtype}`,
      () =>
        records(
          ...[
            'bench',
            'throughput',
            '--json',
            '--systems',
            'maria',
            '--device',
            device,
            '--dtype',
            dtype,
            ...shape,
          ],
          ...[
            '--quantize',
            'none,int4',
            '--batch',
            batches,
            '--speculate',
            'off,auto',
            '--acceptance',
            '0.6',
          ],
          ...['--repetitions', '2', '--time-limit', quick ? '5' : '60'],
        ),
    ]),
  ),
  'head training': headTraining,
  ...(python !== undefined && {
    peer: () => {
      const command = [
        ...[python, 'tools/peers/throughput.py', '--device', device, '--quantize', 'none,int4'],
        ...['--batch', batches, '--repetitions', '2', ...(quick ? ['--tiny', '--length', '32'] : [])],
      ];
      return { command: command.join(' '), table: ran(command).trimEnd().split('\n') };
    },
  }),
};

const found = {
  device,
  date: new Date().toISOString(),
  version: maria(['--version', '--verbose']).trim().split('\n'),
  processor: `${cpus().length} × ${cpus()[0]?.model}`,
  load: loadavg()[0],
  steps: {},
};

/** After each step, so that nothing is lost where a later one takes the machine down. */
function write() {
  writeFileSync(`${out}.part`, `${JSON.stringify(found, undefined, 2)}\n`);
  renameSync(`${out}.part`, out);
}

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  process.stderr.write(`${name} … `);
  const started = performance.now();
  let how = 'ok';
  try {
    found.steps[name] = { ok: true, found: step() };
  } catch (error) {
    how = 'FAILED';
    failed++;
    found.steps[name] = { ok: false, error: error.message };
  }
  found.steps[name].seconds = Math.round(performance.now() - started) / 1000;
  process.stderr.write(`${how}, ${found.steps[name].seconds} s\n`);
  write();
}
rmSync(scratch, { recursive: true });
process.stderr.write(`${out}: ${failed === 0 ? 'all steps went through' : `${failed} failed`}\n`);
process.exitCode = failed === 0 ? 0 : 1;
