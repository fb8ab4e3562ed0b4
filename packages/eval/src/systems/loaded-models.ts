// The models of the systems of a run, one in memory at a time: systems of one model follow each other.
import { createHash } from 'node:crypto';
import {
  type DenoiserModel,
  fingerprint,
  type JsonObject,
  type NamedModels,
  openNamedDenoiser,
  openPair,
  type PairOptions,
} from '@maria/checkpoints';
import type { MariaModel } from '@maria/core';
import type { DescribedDenoiser, DescribedModel, Models, NamedDenoiser } from './system.js';

export interface LoadedModelsOptions {
  /** What a system without a model of its own is made of; nothing: the embedded pair. */
  readonly own: NamedModels;
  /** How weights are held, and whatever else changes the figures. */
  readonly held: Readonly<Record<string, string | number>>;
  readonly pairOptions: PairOptions;
  load(names: NamedModels): Promise<MariaModel>;
  loadDenoiser(named: NamedDenoiser): Promise<DenoiserModel>;
}

interface Loaded {
  dispose(): void;
}

export class LoadedModels implements Models {
  readonly #options: LoadedModelsOptions;
  #current: { readonly key: string; readonly loaded: Loaded } | undefined;
  readonly #described = new Map<string, Promise<DescribedModel>>();
  readonly #describedDenoisers = new Map<string, Promise<DescribedDenoiser>>();

  constructor(options: LoadedModelsOptions) {
    this.#options = options;
  }

  get own(): NamedModels {
    return this.#options.own;
  }

  describe(model: string | undefined): Promise<DescribedModel> {
    const names = this.#namesOf(model);
    const key = JSON.stringify(names);
    const described = this.#described.get(key) ?? describe(names, this.#options);
    this.#described.set(key, described);
    return described;
  }

  async load(model: string | undefined): Promise<MariaModel> {
    const { loadedAs } = await this.describe(model);
    return this.#hold(loadedAs, () => this.#options.load(this.#namesOf(model)));
  }

  describeDenoiser(named: NamedDenoiser): Promise<DescribedDenoiser> {
    const key = JSON.stringify(named);
    const described = this.#describedDenoisers.get(key) ?? describeDenoiser(named, this.#options);
    this.#describedDenoisers.set(key, described);
    return described;
  }

  async loadDenoiser(named: NamedDenoiser): Promise<DenoiserModel> {
    const { loadedAs } = await this.describeDenoiser(named);
    return this.#hold(loadedAs, () => this.#options.loadDenoiser(named));
  }

  async #hold<T extends Loaded>(key: string, load: () => Promise<T>): Promise<T> {
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
  const fingerprints = { weights, alignment: { arPrefix, mlmPrefix, mlmSuffix }, ...held };
  const vocabulary = vocabularyOf(pair.vocabulary);
  return { fingerprints, ...vocabulary, loadedAs: keyOf(fingerprints, vocabulary) };
}

async function describeDenoiser(
  named: NamedDenoiser,
  { held }: LoadedModelsOptions,
): Promise<DescribedDenoiser> {
  const { checkpoint, vocabulary, form } = await openNamedDenoiser(named);
  const fingerprints = {
    weights: fingerprint(checkpoint.weights),
    family: form.family,
    mask: form.maskId,
    ...held,
  };
  const hashed = vocabularyOf(vocabulary);
  return { fingerprints, ...hashed, form, loadedAs: keyOf(fingerprints, hashed, form) };
}

/** A model under two names is one: systems of it may be open together. */
function keyOf(
  fingerprints: JsonObject,
  { vocabularyHash }: Pick<DescribedModel, 'vocabularyHash'>,
  form?: DescribedDenoiser['form'],
): string {
  return JSON.stringify([fingerprints, vocabularyHash, form ?? null]);
}

function vocabularyOf<V extends { readonly tokens: unknown }>(vocabulary: V) {
  return {
    vocabulary,
    vocabularyHash: createHash('sha256').update(JSON.stringify(vocabulary.tokens)).digest('hex'),
  };
}
