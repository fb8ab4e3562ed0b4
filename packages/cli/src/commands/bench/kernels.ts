// maria bench kernels: checks the kernels against the reference evaluation, then times them.
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { backendName } from '../../bench/backend-name.js';
import { runKernels } from '../../bench/run-kernels.js';
import { backendFlags, backendOptionsOf, decimal, generalFlags } from '../../flags.js';
import { listenForInterrupts } from '../../interrupt.js';
import { note, standardOutput, tell } from '../../output.js';
import { decimalRanges, ranges } from '../../ranges.js';
import { tableColumns } from '../../terminal.js';
import { statusOfFailures } from '../../text-errors.js';

const names = [
  'linear',
  'linear-int8',
  'linear-int4',
  'matmul',
  'softmax',
  'sampling',
  'attention',
  'attention-float16',
  'decode-step',
] as const;
/** What runs on every backend. */
const everywhere = names.filter((name) => name !== 'attention-float16');
const shapes = ['olmo-1b', 'tiny'] as const;

export default class BenchKernels extends Command {
  static override summary = 'Check the kernels against the reference evaluation, then time them.';
  static override description =
    `Each kernel runs as it does in a model: a program, compiled by the backend. A result that differs from the reference is not timed, and the exit status is 1. Times are those of whole calls, the copying of their inputs included; the rates are of the fastest one.

decode-step is a model's pass over one token at context 2048. It is compared with its attention kernels and linear layers alone, and with itself over a KV cache of four times the capacity.`;
  static override usage = 'bench kernels [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --kernels attention,decode-step --threads 1',
    '<%= config.bin %> <%= command.id %> --kernels attention,attention-float16',
    '<%= config.bin %> <%= command.id %> --shapes tiny --json > kernels.jsonl',
  ];

  static override flags = {
    kernels: Flags.option({
      helpValue: 'NAMES',
      summary: `Which ones, with commas between them: ${names.join(', ')}. All without it but attention-float16, which not every backend has.`,
      options: names,
      multiple: true,
      delimiter: ',',
    })(),
    shapes: Flags.option({
      helpValue: 'NAMES',
      summary: `The models whose shapes they have: ${shapes.join(', ')}. All without it; decode-step has its own.`,
      options: shapes,
      multiple: true,
      delimiter: ',',
    })(),
    repetitions: Flags.integer({
      helpValue: 'N',
      summary: 'Runs that count.',
      default: 20,
      ...ranges.repetitions,
    }),
    'warm-up': Flags.integer({ helpValue: 'N', summary: 'Runs before them.', default: 2, ...ranges.warmUp }),
    'time-limit': decimal({
      helpValue: 'SECONDS',
      summary: 'Stop repeating a kernel at a shape after so many seconds.',
      default: 1,
      ...decimalRanges.seconds,
    }),
    json: Flags.boolean({ summary: 'Write a JSON object for each kernel and shape, on one line.' }),
    ...backendFlags,
    ...generalFlags,
  };

  private readonly signal = listenForInterrupts();

  async run(): Promise<number> {
    const { flags } = await this.parse(BenchKernels);
    const [{ chooseBackend }, bench] = await Promise.all([import('@maria/kernels'), import('@maria/eval')]);
    const backend = await chooseBackend({
      ...backendOptionsOf(flags),
      onWarning: (message) => note(`Warning: ${message}`),
    });
    const machine = bench.describeMachine();
    const chosen = flags.kernels ?? everywhere;
    if (!flags.json) note(`${bench.formatMachine(machine)}; ${backendName(backend)}`);
    const wrong = await runKernels(bench, {
      backend,
      kernels: bench.kernelNames.filter((name) => chosen.includes(name)),
      models: (flags.shapes ?? shapes).map((name) => bench.kernelShapes[name]),
      decodeStep: chosen.includes('decode-step') ? bench.decodeStepSizes : undefined,
      repetitions: flags.repetitions,
      warmUp: flags['warm-up'],
      timeLimit: 1000 * flags['time-limit'],
      clock: () => performance.now(),
      signal: this.signal,
      machine,
      json: flags.json,
      sink: standardOutput(),
      columns: tableColumns(),
      note: tell,
    });
    return statusOfFailures(wrong);
  }
}
