// maria bench train: checks head training against the reference evaluation, then times its steps.
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { backendName } from '../../bench/backend-name.js';
import { trainLines } from '../../bench/train-lines.js';
import { backendFlags, backendOptionsOf, generalFlags } from '../../flags.js';
import { listenForInterrupts } from '../../interrupt.js';
import { note, standardOutput } from '../../output.js';
import { ranges } from '../../ranges.js';
import { statusOfFailures } from '../../text-errors.js';

export default class BenchTrain extends Command {
  static override summary = 'Check the training of a head against the reference evaluation, then time it.';
  static override description =
    `A step of the head alone, on random hidden states: losses and gradients of --tokens masked tokens, clipping, AdamW. Without flags the sizes are those of OLMo-1B and ModernBERT-large.

The operations counted are the 4 × tokens × d × V of the two products. Beside them stands a plain product of matrices on the same machine; the rates over CPU time hold on a busy machine too. A result that differs from the reference is not timed, and the exit status is 1.`;
  static override usage = 'bench train [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --vocabulary 4096 --ar-size 256 --mlm-size 256 --repetitions 10 --json',
  ];

  static override flags = {
    vocabulary: Flags.integer({
      helpValue: 'V',
      summary: 'Rows of the head.',
      default: 50304,
      ...ranges.vocabulary,
    }),
    'ar-size': Flags.integer({
      helpValue: 'D',
      summary: 'Hidden size of the AR model.',
      default: 2048,
      ...ranges.hiddenSize,
    }),
    'mlm-size': Flags.integer({
      helpValue: 'D',
      summary: 'Hidden size of the MLM.',
      default: 1024,
      ...ranges.hiddenSize,
    }),
    tokens: Flags.integer({
      helpValue: 'N',
      summary: 'Masked tokens of a step.',
      default: 1024,
      ...ranges.length,
    }),
    chunk: Flags.integer({
      helpValue: 'N',
      summary: 'Tokens that go through the head at once.',
      default: 256,
      ...ranges.length,
    }),
    repetitions: Flags.integer({
      helpValue: 'N',
      summary: 'Steps that count.',
      default: 3,
      ...ranges.repetitions,
    }),
    'warm-up': Flags.integer({ helpValue: 'N', summary: 'Steps before them.', default: 1, ...ranges.warmUp }),
    json: Flags.boolean({ summary: 'Write a JSON object on one line.' }),
    ...backendFlags,
    ...generalFlags,
  };

  private readonly signal = listenForInterrupts();

  async run(): Promise<number> {
    const { flags } = await this.parse(BenchTrain);
    const [{ chooseBackend }, bench] = await Promise.all([import('@maria/kernels'), import('@maria/eval')]);
    const backend = await chooseBackend({
      ...backendOptionsOf(flags),
      onWarning: (message) => note(`Warning: ${message}`),
    });
    const machine = bench.describeMachine();
    if (!flags.json) note(`${bench.formatMachine(machine)}, ${backendName(backend)}`);
    const sizes = {
      vocabularySize: flags.vocabulary,
      arHiddenSize: flags['ar-size'],
      mlmHiddenSize: flags['mlm-size'],
      tokens: flags.tokens,
      chunk: flags.chunk,
    };
    const record = await bench.benchmarkTraining({
      backend,
      sizes,
      repetitions: flags.repetitions,
      warmUp: flags['warm-up'],
      clock: () => performance.now(),
      cpuClock: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1000;
      },
      peakBytes: () => 1024 * process.resourceUsage().maxRSS,
      signal: this.signal,
    });
    // A device has most of it in its own memory.
    const isLimited = backend.device === 'cpu' && JSON.stringify(sizes) === JSON.stringify(bench.trainSizes);
    const lines = flags.json
      ? [JSON.stringify({ ...record, backend: backend.name, device: backend.device, machine })]
      : trainLines(record, isLimited ? bench.mostBytesBeyond : undefined);
    await standardOutput().write(`${lines.join('\n')}\n`);
    return statusOfFailures(record.check.correct ? 0 : 1);
  }
}
