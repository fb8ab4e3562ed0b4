// One line for what went wrong or should be known; the fallback where there is nothing.
import type { AppState } from '../state/state.js';
import { visible } from '../text/visible.js';
import { cut } from '../text/width.js';
import { Line } from './lines.js';
import { Paint } from './paint.js';

export function NoticeLine({ state, otherwise }: { readonly state: AppState; readonly otherwise: string }) {
  const { notice, size } = state;
  const text = visible(notice?.text.replaceAll('\n', ' ') ?? otherwise);
  return (
    <Line>
      <Paint as={notice?.kind === 'error' ? 'error' : undefined}>{cut(text, size.columns)}</Paint>
    </Line>
  );
}
