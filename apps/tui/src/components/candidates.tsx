// The candidates of the selected gap: what the AR model, the MLM and both fused think of each.
import type { CandidateRow } from '../state/state.js';
import { bar } from '../view/bar.js';
import { visible } from '../view/visible.js';
import { cut, fit } from '../view/width.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

const column = 7;

/** @param rows lines in all: a heading, and the candidates around the highlighted one */
export function Candidates({ state, theme, rows }: ViewProps & { readonly rows: number }) {
  const { columns } = state.size;
  const { run } = state.infill;
  const position = run?.positions[run.selected];
  if (run === undefined || position === undefined) return <Lines lines={Array(rows).fill('')} />;
  const candidates = run.candidates.get(position) ?? [];
  const barWidth = Math.max(0, Math.min(24, columns - 46));
  const nameWidth = columns - 3 * column - (barWidth > 0 ? barWidth + 1 : 0);
  const place = `gap token ${run.selected + 1} of ${run.positions.length}`;
  const heading =
    fit(place, nameWidth) + ['AR', 'MLM', 'fused'].map((name) => name.padStart(column)).join('');
  const body = rows - 1;
  const first = Math.max(0, Math.min(run.highlighted - body + 1, candidates.length - body));
  const lines = candidates.slice(first, first + body).map((row, i) => {
    const isChosen = row.id === run.ids[position];
    const isHighlighted = first + i === run.highlighted;
    const marks = `${isHighlighted ? '›' : ' '}${isChosen ? '●' : ' '}`;
    const name = fit(`${marks} ${cut(quoted(row), nameWidth - 4)}`, nameWidth);
    const shown = isHighlighted ? theme.paint(name, 'selected') : name;
    const numbers = [row.ar, row.mlm, row.fused].map(probability).join('');
    return shown + numbers + (barWidth > 0 ? ` ${theme.paint(bar(row.fused, barWidth), 'accent')}` : '');
  });
  return (
    <Lines
      lines={[
        theme.paint(heading, 'dim'),
        ...lines,
        ...Array<string>(Math.max(0, body - lines.length)).fill(''),
      ]}
    />
  );
}

function quoted({ token }: CandidateRow): string {
  return visible(JSON.stringify(token));
}

/** Three decimals; a dash while it is not known. */
function probability(value: number | undefined): string {
  return (value === undefined ? '–' : value.toFixed(3)).padStart(column);
}
