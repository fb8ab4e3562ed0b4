// How full the KV cache, if there is one, and the context are, and how fast tokens come.
import type { AppState } from '../state/state.js';
import { bar } from '../view/bar.js';
import { Line } from './lines.js';

export function Meters({
  state,
  tokens,
  tokensPerSecond,
}: {
  readonly state: AppState;
  /** Length of the sequence. */
  readonly tokens: number;
  readonly tokensPerSecond: number | undefined;
}) {
  const { status, cacheLength, cacheCapacity, contextCapacity } = state.model;
  if (status === 'loading') return <Line>Loading the model …</Line>;
  if (status === 'failed') return <Line>No model</Line>;
  const isWide = state.size.columns >= 72;
  const meter = (used: number, capacity: number) =>
    `${isWide ? `${bar(used / capacity, 10)} ` : ''}${used}/${capacity}`;
  return (
    <Line>
      {cacheCapacity !== undefined && `${isWide ? 'KV cache' : 'KV'} ${meter(cacheLength, cacheCapacity)}  `}
      {isWide ? 'context' : 'ctx'} {meter(tokens, contextCapacity)}
      {tokensPerSecond !== undefined && `  ${tokensPerSecond.toFixed(1)} tok/s`}
    </Line>
  );
}
