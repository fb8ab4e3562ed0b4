// The infill screen: the text being typed or filled, and why each token was chosen.
import type { ParseGapsOptions } from '@maria/core';
import { askedOf, describeAsked } from '../state/asked.js';
import { gapAtCursor, readingOf, writtenGaps } from '../state/gap-places.js';
import type { AppState } from '../state/state.js';
import { layoutOf } from '../view/layout.js';
import { AskFields } from './ask-fields.js';
import { BestFills } from './best-fills.js';
import { Body } from './body.js';
import { Candidates } from './candidates.js';
import { Footer } from './footer.js';
import { Header } from './header.js';
import { Meters } from './meters.js';
import { NoticeLines } from './notice-lines.js';
import { Rule } from './rule.js';

export function InfillScreen({ state }: { readonly state: AppState }) {
  const { size, infill } = state;
  const { run, form } = infill;
  const isEditing = infill.isEditing && form === undefined;
  const { hasRules, bodyRows, lowerRows, notice } = layoutOf(state);
  return (
    <>
      <Header state={state} facts={facts(state)} />
      {hasRules && <Rule columns={size.columns} />}
      <Body state={state} rows={bodyRows} />
      {hasRules && !isEditing && <Rule columns={size.columns} />}
      {lowerRows > 0 && <Lower state={state} rows={lowerRows} />}
      <NoticeLines state={state} lines={notice} otherwise={progress(state)} />
      <Meters state={state} tokens={run?.ids.length ?? 0} tokensPerSecond={run?.tokensPerSecond} />
      <Footer state={state} />
    </>
  );
}

/** What is below the text: what is typed of a gap, the fills that were found, or the candidates of a token. */
function Lower({ state, rows }: { readonly state: AppState; readonly rows: number }) {
  const { form, run } = state.infill;
  if (form !== undefined) return <AskFields state={state} form={form} rows={rows} />;
  if (run?.shownFill !== undefined)
    return <BestFills run={run} shown={run.shownFill} size={state.size} rows={rows} />;
  return <Candidates state={state} rows={rows} />;
}

function facts({ infill, isReplay }: AppState): string {
  if (isReplay) return infill.isPaused ? 'paused' : '';
  return `seed ${infill.seed}  T ${infill.temperature.toFixed(1)}`;
}

const passesOf = { maria: 'AR passes', ar: 'AR passes', mlm: 'MLM passes' } as const;

function progress({ infill, system, model }: AppState): string {
  const { run, isEditing, working, best } = infill;
  if (working === 'searching') return `searching for the best ${best} fills …`;
  if (working === 'reading') return 'reading the text …';
  if (run === undefined || isEditing) return askedAtCursor(infill, readingOf(model.vocabulary));
  const probabilities = [...run.confidence.values()];
  const logLikelihood = probabilities.reduce((total, one) => total + Math.log(one), 0);
  const pinned = run.pinned.size > 0 ? `, ${run.pinned.size} pinned` : '';
  const sample = run.sample > 0 && run.fills.length === 0 ? `sample ${run.sample + 1}  ` : '';
  const taken = system === 'diffusion' ? `step ${run.steps}` : `${run.passes} ${passesOf[system]}`;
  // What a search reads is told of no one fill.
  const passes = run.text !== undefined && run.passes + run.steps === 0 ? '' : `  ${taken}`;
  return `${sample}filled ${probabilities.length}/${run.positions.length}${pinned}  log-likelihood ${logLikelihood.toFixed(2)}${passes}`;
}

function askedAtCursor({ draft, cursor, asked }: AppState['infill'], reading: ParseGapsOptions): string {
  const gap = gapAtCursor(writtenGaps(draft, reading), cursor);
  const constraint = describeAsked(askedOf(asked, draft, reading)[gap] ?? {});
  return constraint === '' ? '' : `gap ${gap + 1}: ${constraint}`;
}
