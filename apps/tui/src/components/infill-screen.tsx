// The infill screen: the text being typed or filled, and why each token was chosen.
import type { AppState } from '../state/state.js';
import { infillCells } from '../view/infill-cells.js';
import { Candidates } from './candidates.js';
import { Cells } from './cells.js';
import { Editor } from './editor.js';
import { Footer } from './footer.js';
import { Header } from './header.js';
import { Meters } from './meters.js';
import { NoticeLine } from './notice-line.js';
import { Rule } from './rule.js';

/** Header, notice, meters and footer. */
const fixedRows = 4;

export function InfillScreen({ state }: { readonly state: AppState }) {
  const { size, infill, model } = state;
  const { run, isEditing } = infill;
  const isRoomy = size.rows >= 18;
  const candidateRows = isEditing ? 0 : isRoomy ? 8 : 3;
  const rules = isRoomy ? (isEditing ? 1 : 2) : 0;
  const bodyRows = size.rows - fixedRows - rules - candidateRows;
  const cells =
    isEditing || run === undefined || model.vocabulary === undefined
      ? undefined
      : infillCells(infill, run, model.vocabulary);
  return (
    <>
      <Header state={state} facts={facts(state)} />
      {isRoomy && <Rule columns={size.columns} />}
      {cells ? (
        <Cells state={state} cells={cells} rows={bodyRows} />
      ) : (
        <Editor state={state} rows={bodyRows} />
      )}
      {isRoomy && !isEditing && <Rule columns={size.columns} />}
      {candidateRows > 0 && <Candidates state={state} rows={candidateRows} />}
      <NoticeLine state={state} otherwise={progress(state)} />
      <Meters state={state} tokens={run?.ids.length ?? 0} tokensPerSecond={run?.tokensPerSecond} />
      <Footer state={state} />
    </>
  );
}

function facts({ infill, isReplay }: AppState): string {
  if (isReplay) return infill.isPaused ? 'paused' : '';
  return `seed ${infill.seed}  T ${infill.temperature.toFixed(1)}`;
}

function progress({ infill }: AppState): string {
  const { run, isEditing } = infill;
  if (run === undefined || isEditing) return '';
  const probabilities = [...run.confidence.values()];
  const logLikelihood = probabilities.reduce((total, one) => total + Math.log(one), 0);
  const sample = run.sample > 0 ? `sample ${run.sample + 1}  ` : '';
  return `${sample}filled ${probabilities.length}/${run.positions.length}  log-likelihood ${logLikelihood.toFixed(2)}  ${run.passes} AR passes`;
}
