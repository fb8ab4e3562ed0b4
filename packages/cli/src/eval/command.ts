// What the evaluations of systems share: how systems and data are opened, progress is shown, and results are written.
import type { DataSet, EvaluationOptions, LoadedModels, MaskSettings, SystemPlan } from '@maria/eval';
import type { InferredFlags } from '@oclif/core/interfaces';
import { denoiserLanes } from '../denoiser.js';
import { defined, deviceOf, lanesFor, type modelFlags } from '../flags.js';
import { ModelCommand } from '../model-command.js';
import { note } from '../output.js';
import { requireBackend } from '../require-backend.js';
import { noStatusLine, statusLine } from '../status-line.js';
import { showsProgress } from '../terminal.js';
import type { evalFlags } from './flags.js';

type Evaluations = typeof import('@maria/eval');
type Given = InferredFlags<typeof evalFlags & typeof modelFlags>;

/** The longest word that is read, in the mean: a document without spaces is cut. */
const charactersPerWord = 64;

const hasGaps = ({ items }: DataSet) => items.every(({ gaps }) => gaps !== undefined);

export abstract class EvalCommand extends ModelCommand {
  /** Opens systems and data for `work`, and releases the models afterwards. */
  protected async evaluating<T>(
    flags: Given,
    mask: { readonly pattern: MaskSettings['pattern'] | undefined; readonly rates: readonly number[] },
    work: (evaluations: Evaluations, options: EvaluationOptions, models: LoadedModels) => Promise<T>,
  ): Promise<T> {
    if (flags.device !== 'auto') await requireBackend(flags);
    const evaluations = await import('@maria/eval');
    const specs = evaluations.parseSystems(flags.system);
    const data = await this.readData(evaluations, flags);
    const models = this.models(evaluations, flags);
    const status = showsProgress({ writesToTerminal: true }) ? statusLine(process.stderr) : noStatusLine;
    try {
      const systems: SystemPlan[] = [];
      for (const spec of specs) systems.push(await evaluations.systemKinds[spec.kind]!.plan(spec, models));
      return await work(
        evaluations,
        {
          out: flags.out,
          systems,
          data,
          mask: {
            // Where it is not said, as the data have it.
            pattern: mask.pattern ?? (data.every(hasGaps) ? 'given' : 'spans'),
            rates: mask.rates,
            meanSpan: flags['span-length'],
            seed: flags.seed,
            words: flags.words,
            windows: flags.windows,
          },
          maria: this.config.version,
          signal: this.signal,
          onNote: note,
          onProgress: (done, all) => status.show(`${done} of ${all} texts`),
        },
        models,
      );
    } finally {
      status.clear();
      models.dispose();
    }
  }

  private async readData(
    { readData }: Evaluations,
    flags: Pick<Given, 'data' | 'format' | 'field' | 'documents' | 'words' | 'windows'>,
  ): Promise<DataSet[]> {
    const sets: DataSet[] = [];
    for (const path of flags.data)
      sets.push(
        await readData(path, {
          format: flags.format,
          field: flags.field,
          most: flags.documents,
          longest: flags.words * flags.windows * charactersPerWord,
          signal: this.signal,
        }),
      );
    return sets;
  }

  private models(
    { LoadedModels }: Evaluations,
    flags: InferredFlags<typeof modelFlags> & { batch: number | 'auto' },
  ): LoadedModels {
    const { model, ar, mlm, batch } = flags;
    const { model: _, ar: __, mlm: ___, ...others } = flags;
    return new LoadedModels({
      own: defined({ model, ar, mlm }),
      held: heldOf(flags),
      pairOptions: defined({ arPrefix: flags['ar-prefix'], mlmTemplate: flags['mlm-template'] }),
      load: async (names) => {
        const loading = { ...others, ...names, lanes: lanesFor(batch, Number.POSITIVE_INFINITY) };
        return (await this.loadModel(loading as Parameters<typeof this.loadModel>[0])).model;
      },
      loadDenoiser: (named) =>
        this.loadDenoiser(flags, { ...named, ...defined({ lanes: denoiserLanes(batch) }) }),
    });
  }
}

/** What changes the figures of a model, beside its weights. */
export function heldOf(flags: InferredFlags<typeof modelFlags>): Readonly<Record<string, string>> {
  const device = deviceOf(flags);
  return {
    quantize: flags.quantize,
    kvCache: flags['kv-cache'] ?? flags.dtype,
    ...(device !== 'cpu' && { device }),
    ...(flags.dtype !== 'float32' && { dtype: flags.dtype }),
    ...(flags.tf32 && { products: 'tf32' }),
  };
}
