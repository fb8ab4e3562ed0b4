// The candidates of the selected gap: what fills it thinks of each, and where that is both models fused, each of them too.
import { Box } from 'ink';
import { describeAsked } from '../state/asked.js';
import { lengthsOf, placeOf, readingOf } from '../state/gap-places.js';
import type { AppState, CandidateRow, InfillRun } from '../state/state.js';
import { visible } from '../text/visible.js';
import { cut, widthOf } from '../text/width.js';
import { bar } from '../view/bar.js';
import { Line } from './lines.js';
import { dim, ListRow } from './list-row.js';
import { Paint } from './paint.js';

const numberWidth = 7;

interface Column {
  readonly heading: string;
  of(row: CandidateRow): number | undefined;
}

const columns: Readonly<Record<AppState['system'], readonly Column[]>> = {
  maria: [
    { heading: 'AR', of: ({ ar }) => ar },
    { heading: 'MLM', of: ({ mlm }) => mlm },
    { heading: 'fused', of: ({ fused }) => fused },
  ],
  ar: [{ heading: 'AR', of: ({ fused }) => fused }],
  mlm: [{ heading: 'MLM', of: ({ fused }) => fused }],
  diffusion: [{ heading: 'p', of: ({ fused }) => fused }],
};

/** Of a gap of which something is asked. */
const legalColumn: Column = { heading: 'legal', of: ({ legal }) => legal };

/** Columns that the single models need beside what is asked. */
const wide = 56;

/** @param rows lines in all: a heading, what is asked, and the candidates around the highlighted one */
export function Candidates({ state, rows }: { readonly state: AppState; readonly rows: number }) {
  const { run } = state.infill;
  const position = run?.positions[run.selected];
  if (run === undefined || position === undefined) return <Box height={rows} />;
  const asked = askedLine(state, run, position);
  const isNarrow = state.size.columns < wide;
  const own = columns[state.system];
  const shown = run.legalMass.has(position) ? [...(isNarrow ? own.slice(-1) : own), legalColumn] : own;
  const candidates = run.candidates.get(position) ?? [];
  const barWidth = Math.max(0, Math.min(24, state.size.columns - 46));
  const nameWidth = state.size.columns - shown.length * numberWidth - (barWidth > 0 ? barWidth + 1 : 0);
  const most = rows - (asked === undefined ? 1 : 2);
  // What is not as asked is above what is, if it is more probable: some of both is seen.
  const before = asked === undefined ? most - 1 : Math.floor(most / 2);
  const first = Math.max(0, Math.min(run.highlighted - before, candidates.length - most));
  return (
    <Box flexDirection="column" height={rows}>
      <ListRow
        nameWidth={nameWidth}
        numberWidth={numberWidth}
        numbers={shown.map(({ heading }) => dim(heading))}
      >
        {dim(cut(`gap token ${run.selected + 1} of ${run.positions.length}`, nameWidth))}
      </ListRow>
      {asked !== undefined && <Line>{dim(cut(asked, state.size.columns))}</Line>}
      {candidates.slice(first, first + most).map((candidate, i) => {
        const { id, token, fused, legal } = candidate;
        const numbers = shown.map(({ of }) => probability(of(candidate), asked !== undefined));
        const isHighlighted = first + i === run.highlighted;
        const marks = `${isHighlighted ? '›' : ' '}${id === run.ids[position] ? '●' : ' '}`;
        const name = `${marks} ${cut(visible(JSON.stringify(token)), nameWidth - 4)}`;
        const chart = barWidth > 0 && <Paint as="accent">{` ${bar(fused ?? legal ?? 0, barWidth)}`}</Paint>;
        return (
          <ListRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a candidate is its place
            key={i}
            nameWidth={nameWidth}
            numberWidth={numberWidth}
            numbers={legal === 0 ? [...numbers.slice(0, -1), <Illegal key="illegal" />] : numbers}
            chart={chart}
          >
            {/* The highlight goes up to the numbers. */}
            <Paint as={isHighlighted ? 'selected' : legal === 0 ? 'dim' : undefined}>
              {name + ' '.repeat(nameWidth - widthOf(name))}
            </Paint>
          </ListRow>
        );
      })}
    </Box>
  );
}

/** A token that is not as asked. */
function Illegal() {
  return <Paint as="error">✗</Paint>;
}

/** What is asked of the selected gap, and how much of the model's distribution is so; undefined where nothing is. */
function askedLine({ model }: AppState, run: InfillRun, position: number): string | undefined {
  const mass = run.legalMass.get(position);
  const { gap } = placeOf(lengthsOf(run, readingOf(model.vocabulary)), run.selected);
  const constraint = describeAsked(run.asked[gap] ?? {});
  if (mass === undefined && constraint === '') return undefined;
  return [...(mass === undefined ? [] : [`legal mass ${mass.toPrecision(3)}`]), visible(constraint)]
    .filter((part) => part !== '')
    .join('  ');
}

/** Three decimals, a dash while it is not known; of what is asked also how little it is. */
function probability(value: number | undefined, isAsked: boolean): string {
  if (value === undefined) return '–';
  return isAsked && value > 0 && value < 0.0005 ? value.toExponential(0) : value.toFixed(3);
}
