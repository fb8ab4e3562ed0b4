// The infill screen: the text being typed or filled, and why each token was chosen.
import type { AppState } from '../state/state.js';
import { layoutOf } from '../view/layout.js';
import { Body } from './body.js';
import { Candidates } from './candidates.js';
import { Footer } from './footer.js';
import { Header } from './header.js';
import { Meters } from './meters.js';
import { NoticeLines } from './notice-lines.js';
import { Rule } from './rule.js';

export function InfillScreen({ state }: { readonly state: AppState }) {
  const { size, infill } = state;
  const { run, isEditing } = infill;
  const { hasRules, bodyRows, lowerRows, notice } = layoutOf(state);
  return (
    <>
      <Header state={state} facts={facts(state)} />
      {hasRules && <Rule columns={size.columns} />}
      <Body state={state} rows={bodyRows} />
      {hasRules && !isEditing && <Rule columns={size.columns} />}
      {lowerRows > 0 && <Candidates state={state} rows={lowerRows} />}
      <NoticeLines state={state} lines={notice} otherwise={progress(state)} />
      <Meters state={state} tokens={run?.ids.length ?? 0} tokensPerSecond={run?.tokensPerSecond} />
      <Footer state={state} />
    </>
  );
}

function facts({ infill, isReplay }: AppState): string {
  if (isReplay) return infill.isPaused ? 'paused' : '';
  return `seed ${infill.seed}  T ${infill.temperature.toFixed(1)}`;
}

const passesOf = { maria: 'AR passes', ar: 'AR passes', mlm: 'MLM passes' } as const;

function progress({ infill, system }: AppState): string {
  const { run, isEditing } = infill;
  if (run === undefined || isEditing) return '';
  const probabilities = [...run.confidence.values()];
  const logLikelihood = probabilities.reduce((total, one) => total + Math.log(one), 0);
  const pinned = run.pinned.size > 0 ? `, ${run.pinned.size} pinned` : '';
  const sample = run.sample > 0 ? `sample ${run.sample + 1}  ` : '';
  const taken = system === 'diffusion' ? `step ${run.steps}` : `${run.passes} ${passesOf[system]}`;
  return `${sample}filled ${probabilities.length}/${run.positions.length}${pinned}  log-likelihood ${logLikelihood.toFixed(2)}  ${taken}`;
}
