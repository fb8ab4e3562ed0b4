// One line for what went wrong or should be known; the fallback where there is nothing.
import { visible } from '../view/visible.js';
import { cut } from '../view/width.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

export function NoticeLine({ state, theme, otherwise }: ViewProps & { readonly otherwise: string }) {
  const { notice, size } = state;
  if (notice === undefined) return <Lines lines={[cut(otherwise, size.columns)]} />;
  const text = cut(visible(notice.text.replaceAll('\n', ' ')), size.columns);
  return <Lines lines={[notice.kind === 'error' ? theme.paint(text, 'error') : text]} />;
}
