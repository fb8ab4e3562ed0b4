// maria tui: a screen that shows gaps being filled, and sequences being annealed.
import type { Model } from '@maria/core';
import { UsageError } from '@maria/core/errors';
import { string as stringArg } from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { denoiserFlags, loadDenoiser, samplerOptions, systemFlag, systemOf } from '../denoiser.js';
import { decimal, defined, speculateFlag } from '../flags.js';
import { hintAtFiles } from '../hint-at-files.js';
import { askedByFlags, constraintFlags } from '../infill/constraint-flags.js';
import { openSource, readWhole } from '../input.js';
import { ModelCommand } from '../model-command.js';
import { decimalRanges, ranges, seedRange } from '../ranges.js';
import { openTerminal, stdinIsTerminal, usesColor } from '../terminal.js';
import { decodeUtf8 } from '../utf8.js';
import { withSink } from '../with-sink.js';

const INPUT = 'INPUT';
const RUNS = 'RUNS';
const OUTPUT = 'OUTPUT';

/** More than a screen can be used for. */
const maxTextBytes = 64 * 1024;

export default class Tui extends ModelCommand {
  static override summary = 'Show on a screen how gaps are filled and sequences annealed.';
  static override description =
    `Type a text with gaps and press Enter; or give TEXT, or pipe one in. Each token shows how sure the model was of it, and the selected gap shows what the autoregressive model, the masked one and both fused make of it. a says what that gap must be, + and - change its length, and b lists the best fills. Tab goes to the anneal screen, which anneals the gaps of the same text. With --denoiser, a denoiser fills the gaps step by step. ? shows the keys.

Keys come from the terminal, also when standard input is a pipe; the screen is drawn on standard error. q writes the text that is shown to standard output, so that it works in a pipeline. Ctrl-C writes nothing.`;
  static override usage = 'tui [TEXT] [FLAGS]';
  static override examples = [
    '<%= config.bin %> tui "The [MASK] sat on the [MASK*2]."',
    'cat draft.txt | <%= config.bin %> tui > out.txt',
    '<%= config.bin %> tui --anneal --seed 3 "Once upon a time [MASK*40]"',
    '<%= config.bin %> infill --events "The [MASK] sat." | <%= config.bin %> tui --replay -',
    '<%= config.bin %> tui --replay trace.jsonl',
    '<%= config.bin %> tui --regex "[0-9]{2}:[0-9]{2}" "They met at [MASK] in the park."',
    '<%= config.bin %> tui --system diffusion --sampler p2 "The [MASK] sat on the [MASK*6]."',
  ];

  static override args = {
    text: stringArg({
      ignoreStdin: true,
      description:
        'Text with gaps. Without it, standard input where that is no terminal, else what is typed.',
    }),
  };

  static override flags = {
    replay: Flags.string({
      helpGroup: INPUT,
      helpValue: 'FILE',
      summary:
        'Show a recorded run: what infill --events or anneal --events wrote, or a trace of anneal; "-" reads standard input.',
    }),
    anneal: Flags.boolean({ helpGroup: RUNS, summary: 'Begin with the anneal screen.' }),
    seed: Flags.integer({
      helpGroup: RUNS,
      helpValue: 'N',
      summary: 'Seed of the first run.',
      ...seedRange,
      default: 0,
    }),
    temperature: decimal({
      helpGroup: RUNS,
      char: 't',
      helpValue: 'X',
      summary: 'Temperature of filling; 0 takes the most probable token.',
      default: 0,
      ...decimalRanges.shownTemperature,
    }),
    system: systemFlag(RUNS),
    ...denoiserFlags,
    speculate: speculateFlag,
    best: Flags.integer({
      helpGroup: RUNS,
      helpValue: 'N',
      summary:
        'How many fills b lists: those of the highest joint probability, by beam search. 8 without it.',
      ...ranges.samples,
    }),
    'max-length': Flags.integer({
      helpGroup: RUNS,
      helpValue: 'N',
      summary: 'Most tokens of [MASK*?]. 16 without it.',
      ...ranges.gapLength,
    }),
    ...constraintFlags,
    sweeps: Flags.integer({
      helpGroup: RUNS,
      helpValue: 'N',
      summary: 'Sweeps of annealing.',
      default: 16,
      ...ranges.sweeps,
    }),
    theme: Flags.option({
      helpGroup: OUTPUT,
      helpValue: 'NAME',
      summary:
        'Colours for a dark or a light terminal, or none. auto asks NO_COLOR, then COLORFGBG, and takes dark where they say nothing.',
      options: ['auto', 'dark', 'light', 'none'] as const,
      default: 'auto' as const,
    })(),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Tui);
    const { isLightTerminal, readRecording, runTui } = await import('@maria/tui');
    if (flags.replay !== undefined && args.text !== undefined)
      throw new UsageError('options-exclude', 'Cannot replay: TEXT is for a run of its own.', {
        try: 'maria tui --replay trace.jsonl',
      });
    if (args.text !== undefined) hintAtFiles([args.text], 'tui');
    const system = systemOf(flags);
    if (flags.anneal && system === 'diffusion')
      throw new UsageError('flag-not-read', 'Cannot anneal: a denoiser only fills gaps.', {
        try: 'Leave out --anneal.',
      });
    const replay = flags.replay;
    const isPiped = replay === undefined && args.text === undefined && !stdinIsTerminal();
    const asked = await askedByFlags(flags, isPiped || replay === '-' ? ['-'] : [], this.signal);
    if (asked !== undefined && (replay !== undefined || flags.anneal))
      throw new UsageError(
        'flag-not-read',
        replay === undefined
          ? 'Cannot anneal: annealing does not follow what is asked of fills.'
          : 'Cannot replay: a recording is shown as it is, and nothing can be asked of its fills.',
        { try: `Leave out ${replay === undefined ? '--anneal' : '--replay'}, or what is asked.` },
      );
    const { keys, display } = openTerminal();
    const recording =
      replay === undefined ? undefined : await readRecording(await this.read(replay), nameOf(replay));
    const text = isPiped ? await this.draft() : (args.text ?? '');
    const hasColor = usesColor('auto', { toFile: false }, process.env, true);
    const auto = !hasColor ? 'none' : isLightTerminal(process.env) ? 'light' : 'dark';
    return withSink(undefined, async (sink) => {
      const result = await runTui({
        text,
        screen: flags.anneal ? 'anneal' : 'infill',
        seed: flags.seed,
        temperature: flags.temperature,
        filling: {
          system,
          speculate: flags.speculate,
          ...defined({ maxLength: flags['max-length'] }),
          ...samplerOptions(flags),
        },
        asked,
        best: flags.best,
        sweeps: flags.sweeps,
        loadModel: async (tell) => {
          const { engine, model } = await (system === 'diffusion'
            ? this.whileLoading<Model>((engine, told) => loadDenoiser(engine, flags, told), tell)
            : this.loadModel(flags, tell));
          await engine.requireSystem(model, system);
          if (asked) await engine.checkConstraint(model, asked, true);
          return model;
        },
        ...(recording && replay !== undefined && { recording: { name: nameOf(replay), recording } }),
        terminal: display,
        keys,
        theme: flags.theme === 'auto' ? auto : flags.theme,
        signal: this.signal,
      });
      // A text that came in whole goes out whole; one that was typed is a line.
      await sink.write(isPiped || result.endsWith('\n') ? result : `${result}\n`);
      return 0;
    });
  }

  private async draft(): Promise<string> {
    const text = await this.read('-');
    const bytes = Buffer.byteLength(text);
    if (bytes > maxTextBytes)
      throw new UsageError(
        'text-too-long',
        `Cannot show the text: it is ${Math.ceil(bytes / 1024)} KiB long, a screen takes ${maxTextBytes / 1024}.`,
        { try: 'maria infill --whole < text.txt' },
      );
    return text;
  }

  private async read(path: string): Promise<string> {
    const source = openSource(path, this.signal);
    return decodeUtf8(await readWhole(source), source.name);
  }
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}
