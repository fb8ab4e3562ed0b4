// What went wrong or should be known, on as many lines as it takes; the fallback where there is nothing.
import type { AppState } from '../state/state.js';
import { visible } from '../text/visible.js';
import { cut } from '../text/width.js';
import { Line, Lines } from './lines.js';
import { Paint } from './paint.js';

export function NoticeLines(props: {
  readonly state: AppState;
  readonly lines: readonly string[] | undefined;
  readonly otherwise: string;
}) {
  const { state, lines, otherwise } = props;
  if (lines === undefined) return <Line>{cut(visible(otherwise), state.size.columns)}</Line>;
  const style = state.notice?.kind === 'error' ? 'error' : undefined;
  const painted = lines.map((line) => (
    <Paint key={line} as={style}>
      {line}
    </Paint>
  ));
  return <Lines lines={painted} rows={lines.length} />;
}
