// What the commands that run a model share: how it is loaded, interrupted and released.
import type { DenoiserModel, LoadDenoiserOptions, LoadModelOptions } from '@maria/checkpoints';
import type { MariaModel, Model } from '@maria/core';
import { unlessAborted } from '@maria/core/unless-aborted';
import { Command } from '@oclif/core/command';
import type { InferredFlags } from '@oclif/core/interfaces';
import { type Engine, loadEngine } from './engine.js';
import { backendOptionsOf, defined, generalFlags, modelFlags } from './flags.js';
import { listenForInterrupts } from './interrupt.js';
import { note } from './output.js';
import { ProgressBar } from './progress-bar.js';
import { quantizeTeller } from './quantize-teller.js';
import { noStatusLine, statusLine } from './status-line.js';
import { barWidth } from './terminal.js';

type ModelFlags = InferredFlags<typeof modelFlags>;

export interface LoadedModel<M extends Model = MariaModel> {
  readonly engine: Engine;
  readonly model: M;
  /** Milliseconds that loading took. */
  readonly loadMs: number;
}

/** What a load tells of, and what ends it. */
export type Told = Pick<LoadModelOptions, 'onNote' | 'onWarning' | 'onPull' | 'onQuantize' | 'signal'>;

const { quantize: _, ...othersOfModel } = modelFlags;

/** Leaves it to the command what --quantize takes. */
export abstract class LoadingCommand extends Command {
  static override baseFlags = { ...othersOfModel, ...generalFlags };

  protected readonly signal = listenForInterrupts();

  /**
   * @param flags with `alongside`, other quantisations that are loaded next and have to fit into memory too
   * @param hears is told what happens meanwhile; lines and a bar on standard error without it
   */
  protected async loadModel(
    flags: ModelFlags & Pick<LoadModelOptions, 'alongside' | 'lanes' | 'onEstimate'>,
    hears?: (message: string) => void,
  ): Promise<LoadedModel> {
    const { model, ar, mlm, lanes, quantize, alongside, context, onEstimate } = flags;
    const options = {
      ...backendOptionsOf(flags),
      ...defined({
        model,
        ar,
        mlm,
        lanes,
        quantize,
        alongside,
        onEstimate,
        capacity: context,
        kvCache: flags['kv-cache'],
        arPrefix: flags['ar-prefix'],
        mlmTemplate: flags['mlm-template'],
      }),
    };
    return this.whileLoading((engine, told) => engine.loadModel({ ...options, ...told }), hears);
  }

  /** A denoiser beside the model of the flags. */
  protected async loadDenoiser(flags: ModelFlags, named: LoadDenoiserOptions): Promise<DenoiserModel> {
    const options = { ...named, ...backendOptionsOf(flags), quantize: flags.quantize };
    return (await this.whileLoading((engine, told) => engine.loadDenoiser({ ...options, ...told }))).model;
  }

  /** Tells what happens while `load` works, which a signal ends. */
  protected async whileLoading<M extends Model>(
    load: (engine: Engine, told: Told) => Promise<M>,
    hears?: (message: string) => void,
  ): Promise<LoadedModel<M>> {
    const started = performance.now();
    const engine = await loadEngine();
    const width = hears === undefined ? barWidth() : undefined;
    const hear = hears ?? note;
    const bar = width && new ProgressBar({ ...width, now: () => performance.now() });
    const status = width ? statusLine(width) : noStatusLine;
    try {
      const loading = load(engine, {
        onNote: hear,
        onWarning: (message) => hear(`Warning: ${message}`),
        ...(bar && { onPull: (progress) => bar.show(progress) }),
        ...(hears && {
          onPull: ({ file, all }) => hears(`Downloading ${file}: ${percent(all)} % of all files`),
        }),
        onQuantize: quantizeTeller(hear, status),
        signal: this.signal,
      });
      const loaded = await unlessAborted(loading, this.signal);
      return { engine, model: loaded, loadMs: performance.now() - started };
    } finally {
      bar?.clear();
      status.clear();
    }
  }
}

export abstract class ModelCommand extends LoadingCommand {
  static override baseFlags = { ...modelFlags, ...generalFlags };
}

function percent({ received, total }: { received: number; total: number }): number {
  return total > 0 ? Math.floor((100 * received) / total) : 0;
}

/** The first item, and all items with it. Lets a command fail on its input before it loads a model. */
export async function peek<T>(items: AsyncGenerator<T>): Promise<AsyncGenerator<T>> {
  const first = await items.next();
  return (async function* () {
    if (!first.done) yield first.value;
    yield* items;
  })();
}
