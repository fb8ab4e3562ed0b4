// A line of `maria doctor` or `maria devices` as the terminal shows it, and after what is wrong, what to do.
import { foldFact } from '../fold.js';
import { type Color, paint, tableColumns, usesColor } from '../terminal.js';
import { visibleLine } from '../visible.js';

export interface ReportLine {
  readonly name: string;
  readonly mark: 'ok' | 'note' | 'bad' | 'fact';
  readonly text: string;
  readonly hint?: string | undefined;
}

const markColors: Readonly<Record<ReportLine['mark'], Color | undefined>> = {
  ok: 'green',
  note: 'yellow',
  bad: 'red',
  fact: undefined,
};

const marks = { ok: '✓', note: '!', bad: '✗', fact: ' ' } as const;

export function shownLine({ name, mark, text, hint }: ReportLine): string[] {
  const color = usesColor('auto', { toFile: false }) ? markColors[mark] : undefined;
  const sign = color ? paint(marks[mark], color) : marks[mark];
  // The sign may be in colour: it is put before what is folded.
  const [first, ...rest] = foldFact(`  ${name}`, visibleLine(text), 16, tableColumns());
  const tried = hint === undefined ? [] : foldFact('', `Try: ${visibleLine(hint)}`, 16, tableColumns());
  return [`${sign} ${first!.slice(2)}`, ...rest, ...tried];
}
