// The candidates of the selected gap: what fills it thinks of each, and where that is both models fused, each of them too.
import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { AppState, CandidateRow } from '../state/state.js';
import { visible } from '../text/visible.js';
import { cut, widthOf } from '../text/width.js';
import { bar } from '../view/bar.js';
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

/** @param rows lines in all: a heading, and the candidates around the highlighted one */
export function Candidates({ state, rows }: { readonly state: AppState; readonly rows: number }) {
  const { run } = state.infill;
  const shown = columns[state.system];
  const position = run?.positions[run.selected];
  if (run === undefined || position === undefined) return <Box height={rows} />;
  const candidates = run.candidates.get(position) ?? [];
  const barWidth = Math.max(0, Math.min(24, state.size.columns - 46));
  const nameWidth = state.size.columns - shown.length * numberWidth - (barWidth > 0 ? barWidth + 1 : 0);
  const first = Math.max(0, Math.min(run.highlighted - rows + 2, candidates.length - rows + 1));
  return (
    <Box flexDirection="column" height={rows}>
      <Row nameWidth={nameWidth} numbers={shown.map(({ heading }) => dim(heading))}>
        {dim(`gap token ${run.selected + 1} of ${run.positions.length}`)}
      </Row>
      {candidates.slice(first, first + rows - 1).map((candidate, i) => {
        const { id, token, fused } = candidate;
        const numbers = shown.map(({ of }) => probability(of(candidate)));
        const isHighlighted = first + i === run.highlighted;
        const marks = `${isHighlighted ? '›' : ' '}${id === run.ids[position] ? '●' : ' '}`;
        const name = `${marks} ${cut(visible(JSON.stringify(token)), nameWidth - 4)}`;
        const chart = barWidth > 0 && <Paint as="accent">{` ${bar(fused, barWidth)}`}</Paint>;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a candidate is its place
          <Row key={i} nameWidth={nameWidth} numbers={numbers} chart={chart}>
            {/* The highlight goes up to the numbers. */}
            <Paint as={isHighlighted ? 'selected' : undefined}>
              {name + ' '.repeat(nameWidth - widthOf(name))}
            </Paint>
          </Row>
        );
      })}
    </Box>
  );
}

function Row(props: {
  readonly nameWidth: number;
  readonly numbers: readonly ReactNode[];
  readonly chart?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <Box height={1}>
      <Box width={props.nameWidth}>
        <Text>{props.children}</Text>
      </Box>
      {props.numbers.map((number, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a number is its column
        <Box key={i} width={numberWidth} justifyContent="flex-end">
          <Text>{number}</Text>
        </Box>
      ))}
      <Text>{props.chart}</Text>
    </Box>
  );
}

function dim(text: string) {
  return (
    <Paint key={text} as="dim">
      {text}
    </Paint>
  );
}

/** Three decimals; a dash while it is not known. */
function probability(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3);
}
