// The models of the systems of a run, one in memory at a time: systems of one model follow each other.
import { createHash } from 'node:crypto';
import { fingerprint, type NamedModels, openPair, type PairOptions } from '@maria/checkpoints';
import type { MariaModel } from '@maria/core';
import type { DescribedModel, Loaded, Models } from './system.js';

export interface LoadedModelsOptions {
  /** What a system without a model of its own is made of; nothing: the embedded pair. */
  readonly own: NamedModels;
  /** How weights are held, and whatever else changes the figures. */
  readonly held: Readonly<Record<string, string | number>>;
  readonly pairOptions: PairOptions;
  load(names: NamedModels): Promise<MariaModel>;
}

export class LoadedModels implements Models {
  readonly #options: LoadedModelsOptions;
  #current: { readonly key: string; readonly loaded: Loaded } | undefined;
  readonly #described = new Map<string, Promise<DescribedModel>>();

  constructor(options: LoadedModelsOptions) {
    this.#options = options;
  }

  describe(model: string | undefined): Promise<DescribedModel> {
    const names = this.#namesOf(model);
    const key = JSON.stringify(names);
    const described = this.#described.get(key) ?? describe(names, this.#options);
    this.#described.set(key, described);
    return described;
  }

  load(model: string | undefined): Promise<MariaModel> {
    const names = this.#namesOf(model);
    return this.hold(JSON.stringify(names), () => this.#options.load(names));
  }

  async hold<T extends Loaded>(key: string, load: () => Promise<T>): Promise<T> {
    // What is held under a key is what was loaded for it.
    if (this.#current?.key === key) return this.#current.loaded as T;
    this.dispose();
    const loaded = await load();
    this.#current = { key, loaded };
    return loaded;
  }

  dispose(): void {
    this.#current?.loaded.dispose();
    this.#current = undefined;
  }

  /** `AR+MLM` names a pair by its two models. */
  #namesOf(model: string | undefined): NamedModels {
    if (model === undefined) return this.#options.own;
    const [ar, mlm, ...more] = model.split('+');
    return mlm !== undefined && more.length === 0 ? { ar: ar!, mlm } : { model };
  }
}

async function describe(
  names: NamedModels,
  { held, pairOptions }: LoadedModelsOptions,
): Promise<DescribedModel> {
  const pair = await openPair(names, pairOptions);
  const weights = Object.fromEntries(
    [...pair.sources].map(([name, source]) => [name, fingerprint(source)] as const),
  );
  const { arPrefix, mlmPrefix, mlmSuffix } = pair.alignment;
  return {
    fingerprints: { weights, alignment: { arPrefix, mlmPrefix, mlmSuffix }, ...held },
    vocabulary: pair.vocabulary,
    vocabularyHash: createHash('sha256').update(JSON.stringify(pair.vocabulary.tokens)).digest('hex'),
  };
}
