// How full the KV cache and the context are, and how fast tokens come.
import { bar } from '../view/bar.js';
import { cut } from '../view/width.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

export function Meters({
  state,
  tokens,
  tokensPerSecond,
}: ViewProps & {
  /** Length of the sequence. */
  readonly tokens: number;
  readonly tokensPerSecond: number | undefined;
}) {
  const { columns } = state.size;
  const { status, cacheLength, cacheCapacity, contextCapacity } = state.model;
  if (status === 'loading') return <Lines lines={['Loading the model …']} />;
  if (status === 'failed') return <Lines lines={['No model']} />;
  const width = columns >= 72 ? 10 : 0;
  const meter = (name: string, used: number, capacity: number) =>
    `${name} ${width > 0 ? `${bar(used / capacity, width)} ` : ''}${used}/${capacity}`;
  const rate = tokensPerSecond === undefined ? '' : `  ${tokensPerSecond.toFixed(1)} tok/s`;
  const line = `${meter(width > 0 ? 'KV cache' : 'KV', cacheLength, cacheCapacity)}  ${meter(
    width > 0 ? 'context' : 'ctx',
    tokens,
    contextCapacity,
  )}${rate}`;
  return <Lines lines={[cut(line, columns)]} />;
}
