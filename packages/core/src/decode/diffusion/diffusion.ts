// The system `diffusion`: a denoiser fills the gaps in the order that a sampler chooses, several tokens in a step.
import { tokenOf } from '../../text/token.js';
import { tokenTexts } from '../../text/token-texts.js';
import { largest, summarizeOrExplain, suppressed } from '../choose.js';
import type { Decoder, DecodeTask } from '../decoder.js';
import { eachSample, type FilledSample, noDrafts } from '../each-sample.js';
import type { Alternative, InfillEvent } from '../events.js';
import { FilledPositions } from '../filled-positions.js';
import type { GapFilters } from '../gap-follower.js';
import { exclusionsOf } from '../left-to-right.js';
import { TextFilters } from '../text-filters.js';
import { Canvas, type Choice, type Filled } from './canvas.js';
import { logSumExp } from './draw.js';
import { gapMasks } from './gap-masks.js';
import { noiseOf } from './noise.js';
import { refuseMaskInText, samplerOptions } from './prepare-sampling.js';
import { type SamplerName, samplerFor, samplers } from './samplers.js';

type Task = DecodeTask<'denoiser'>;

export const diffusion: Decoder<'denoiser'> = {
  needs: ['denoiser'],
  async *decode(task) {
    const { model, prepared, options } = task;
    refuseMaskInText(model, prepared.ids, prepared.positions);
    const name = samplerFor(model.denoiser, options.sampler, options);
    const masks = await gapMasks(task);
    if (prepared.isText) await tokenTexts(model.vocabulary).prepare();
    yield { type: 'mlm-encoded', ids: [...prepared.ids], positions: prepared.positions };
    const fill = (sample: number) => fillSample(task, name, sample, masks);
    const filled = yield* eachSample(model, options.samples, fill);
    return { ...filled, excluded: exclusionsOf(task) };
  },
};

async function* fillSample(
  task: Task,
  name: SamplerName,
  sample: number,
  masks: ((index: number) => GapFilters | undefined) | undefined,
): AsyncGenerator<InfillEvent, FilledSample> {
  const { model, prepared, masked, options } = task;
  const indexOf = new Map(prepared.positions.map((position, index) => [position, index]));
  const suppress = suppressed(model);
  const filters = prepared.isText ? new TextFilters(model.vocabulary, prepared, options) : undefined;
  const canvas = new Canvas(model.denoiser, prepared.ids, masked, {
    guidance: options.guidance,
    signal: options.signal,
    filter: (position) => (logits) => {
      suppress(logits);
      const asked = masks?.(indexOf.get(position)!);
      (asked?.restrict ?? filters?.alone(indexOf.get(position)!))?.(logits);
      asked?.favour?.(logits);
    },
    describe: (logits, id) => choiceOf(logits, id, options.alternatives),
  });
  const sampler = await samplers[name].load();
  const noise = noiseOf(task.keyOf(sample));
  const filledAt = new Map<number, Filled>();
  let read = 0;
  let step = 0;
  for await (const { filled, remasked } of sampler({
    canvas,
    noise,
    options: samplerOptions(model, masked.length, name, options),
  })) {
    for (const position of remasked) {
      filledAt.delete(position);
      yield { type: 'gap-masked', sample, position, ...prepared.place(indexOf.get(position)!) };
    }
    for (const one of filled) {
      // Logits that are no numbers: the weight that they come of is named.
      if (!Number.isFinite(one.choice!.logProbability)) await summarizeOrExplain(model, Float32Array.of(NaN));
      filledAt.set(one.position, one);
      yield {
        type: 'gap-filled',
        sample,
        position: one.position,
        ...prepared.place(indexOf.get(one.position)!),
        ...tokenOf(model.vocabulary, one.id),
        probability: Math.exp(one.choice!.logProbability),
        ...(options.alternatives > 0 && { alternatives: alternativesOf(task, one.choice!) }),
      };
    }
    const fed = (canvas.passes - read) * canvas.ids.length;
    read = canvas.passes;
    yield { type: 'step-end', sample, step: step++, fed, filled: filled.length };
  }
  const collected = new FilledPositions(prepared, options.alternatives > 0);
  for (const position of prepared.positions) {
    const kept = prepared.kept.get(position);
    const one = filledAt.get(position);
    if (kept !== undefined) collected.keep(tokenOf(model.vocabulary, kept));
    else
      collected.add(
        tokenOf(model.vocabulary, one!.id),
        one!.choice!.logProbability,
        alternativesOf(task, one!.choice!),
      );
  }
  const infilled = collected.finish(sample);
  yield { type: 'done', ...infilled };
  return { infilled, passes: { mlm: 0, ar: 0, denoiser: canvas.passes }, drafts: noDrafts() };
}

function choiceOf(logits: Float32Array, id: number, alternatives: number): Choice {
  const normalizer = logSumExp(logits);
  return {
    logProbability: logits[id]! - normalizer,
    alternatives: largest(logits, alternatives).map((other) => ({
      id: other,
      probability: Math.exp(logits[other]! - normalizer),
    })),
  };
}

function alternativesOf({ model }: Task, { alternatives }: Choice): Alternative[] {
  return alternatives.map(({ id, probability }) => ({ ...tokenOf(model.vocabulary, id), probability }));
}
