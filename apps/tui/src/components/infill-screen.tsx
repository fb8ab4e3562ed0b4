// The infill screen: the text being typed or filled, and why each token was chosen.
import { infillCells } from '../view/infill-cells.js';
import { Candidates } from './candidates.js';
import { Cells } from './cells.js';
import { Editor } from './editor.js';
import { Footer } from './footer.js';
import { Header } from './header.js';
import { Lines } from './lines.js';
import { Meters } from './meters.js';
import { NoticeLine } from './notice-line.js';
import type { ViewProps } from './view-props.js';

/** Header, notice, meters and footer. */
const fixedRows = 4;

export function InfillScreen({ state, theme }: ViewProps) {
  const { size, infill, model } = state;
  const { run, isEditing } = infill;
  const isRoomy = size.rows >= 18;
  const candidateRows = isEditing ? 0 : isRoomy ? 8 : 3;
  const rules = isRoomy ? (isEditing ? 1 : 2) : 0;
  const bodyRows = size.rows - fixedRows - rules - candidateRows;
  const rule = theme.paint('─'.repeat(size.columns), 'dim');
  const showsCells = !isEditing && run !== undefined && model.vocabulary !== undefined;
  return (
    <>
      <Header state={state} theme={theme} facts={facts(state)} />
      {isRoomy && <Lines lines={[rule]} />}
      {showsCells ? (
        <Cells
          state={state}
          theme={theme}
          cells={infillCells(infill, run, model.vocabulary)}
          rows={bodyRows}
        />
      ) : (
        <Editor state={state} theme={theme} rows={bodyRows} />
      )}
      {isRoomy && !isEditing && <Lines lines={[rule]} />}
      {candidateRows > 0 && <Candidates state={state} theme={theme} rows={candidateRows} />}
      <NoticeLine state={state} theme={theme} otherwise={progress(state)} />
      <Meters
        state={state}
        theme={theme}
        tokens={run?.ids.length ?? 0}
        tokensPerSecond={run?.tokensPerSecond}
      />
      <Footer state={state} theme={theme} />
    </>
  );
}

function facts({ infill, isReplay }: ViewProps['state']): string {
  if (isReplay) return infill.isPaused ? 'paused' : '';
  return `seed ${infill.seed}  T ${infill.temperature.toFixed(1)}`;
}

function progress({ infill }: ViewProps['state']): string {
  const { run, isEditing } = infill;
  if (run === undefined || isEditing) return '';
  const probabilities = [...run.confidence.values()];
  const logLikelihood = probabilities.reduce((total, one) => total + Math.log(one), 0);
  const sample = run.sample > 0 ? `sample ${run.sample + 1}  ` : '';
  return `${sample}filled ${probabilities.length}/${run.positions.length}  log-likelihood ${logLikelihood.toFixed(2)}  ${run.passes} AR passes`;
}
