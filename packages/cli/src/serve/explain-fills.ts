// What a page or an editor shows beside a fill: the candidates of each token, under each model alone and under both fused.
import { type ExplainOptions, explain, type InfillResult } from '@maria/core';
import type { ExplainedEvent } from '../infill/records.js';
import type { GivenText } from '../infill/texts.js';
import type { RecordWork } from './record-work.js';
import { badRequest } from './refusal.js';
import type { InfillSettings } from './settings.js';

/** With these, a text is read in another way than it is explained in. */
const unfit = ['underscores', 'special_tokens', 'window', 'refresh'] as const;

/** @throws Refusal 400 where fills are to be explained, and another setting does not go with that */
export function refuseUnexplained(settings: InfillSettings): void {
  const { explain: candidates, stream, system = 'maria' } = settings;
  if (candidates === undefined) return;
  const reasons = [
    stream !== true && '"explain" is told in events, and "stream" is not true',
    system !== 'maria' && `"explain" is of both models, and the system is "${system}"`,
    ...unfit.map((name) => Boolean(settings[name]) && `"explain" does not go with "${name}"`),
  ];
  const reason = reasons.find((one) => one !== false);
  if (reason !== undefined) throw badRequest(reason, 'explain');
}

/** Of each token of each sample, one sample after the other. */
export async function* explainFills(
  { model }: Pick<RecordWork, 'model'>,
  { input, gaps: asked }: Pick<GivenText, 'input' | 'gaps'>,
  { samples }: Pick<InfillResult, 'samples'>,
  options: Pick<ExplainOptions, 'candidates' | 'lineBreaks' | 'signal'>,
): AsyncGenerator<ExplainedEvent> {
  const ofText = typeof input === 'string' ? { text: input, gaps: asked } : {};
  for (const { sample, ids, gaps } of samples) {
    const places = gaps.flatMap(({ ids: { length }, position }, gap) =>
      Array.from({ length }, (_, index) => ({ gap, index, position: position + index })),
    );
    const lengths = gaps.map((gap) => gap.ids.length);
    const positions = places.map(({ position }) => position);
    let next = 0;
    for await (const { position: _, ...explained } of explain(model, Int32Array.from(ids), positions, {
      ...options,
      ...ofText,
      lengths,
    }))
      yield { type: 'explained', sample, ...places[next++]!, ...explained };
  }
}
