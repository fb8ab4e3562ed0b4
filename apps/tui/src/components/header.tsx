// The first line: which screen, and with what the run is made.
import { spread } from '../view/width.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

export function Header({ state, theme, facts }: ViewProps & { readonly facts: string }) {
  const { columns } = state.size;
  const name = `maria ${state.isReplay ? 'replay' : state.screen}`;
  const line = spread(name, facts, columns);
  return <Lines lines={[theme.paint(line.slice(0, name.length), 'title') + line.slice(name.length)]} />;
}
