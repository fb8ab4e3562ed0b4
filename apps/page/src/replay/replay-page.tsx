// Plays a recording: by itself, step by step, or wherever the slider is moved.
import { confidenceLevel } from '@maria/core/confidence';
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { Candidates } from '../candidates.js';
import { turnedClass } from '../shown-token.js';
import { cellsOf, type Playback } from './playback.js';

export function ReplayPage({ playback }: { readonly playback: Playback }) {
  const { name, frames, pace, kind } = playback;
  const [at, setAt] = useState(0);
  const [isPlaying, setPlaying] = useState(false);
  const [selected, setSelected] = useState<number>();
  const all = useMemo(() => cellsOf(frames), [frames]);
  const last = frames.length - 1;
  useEffect(() => {
    if (!isPlaying) return;
    if (at >= last) return setPlaying(false);
    const timer = setTimeout(() => setAt(at + 1), pace);
    return () => clearTimeout(timer);
  }, [isPlaying, at]);
  const go = (to: number) => {
    setPlaying(false);
    setAt(Math.max(0, Math.min(last, to)));
  };
  const play = () => {
    if (at >= last) setAt(0);
    setPlaying(!isPlaying);
  };
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      // The slider and the buttons have these keys themselves.
      const isControl = event.target instanceof HTMLElement && event.target.matches('input, button');
      if (event.key === ' ' && !isControl) play();
      else if (event.key === 'ArrowRight' && !isControl) go(at + 1);
      else if (event.key === 'ArrowLeft' && !isControl) go(at - 1);
      else if (event.key === 'Home' && !isControl) go(0);
      else if (event.key === 'End' && !isControl) go(last);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });
  const { note } = frames[at]!;
  const cells = all[at]!;
  const filled = cells.findLastIndex(({ candidates }) => candidates !== undefined);
  const shown = selected !== undefined && cells[selected]?.candidates ? selected : filled;
  const token = cells[shown];
  return (
    <div class="page">
      <header>
        <h1>maria</h1>
        <p>
          {kind === 'infill' ? 'Filling, recorded in' : 'Annealing, recorded in'} <bdi>{name}</bdi>
        </p>
      </header>
      <main>
        <p class="filled" dir="auto">
          {cells.map((cell, i) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the keys that step show the same
            <span
              key={i}
              class={classOf(cell, i === shown) + turnedClass(cell.text)}
              onMouseEnter={() => setSelected(i)}
              title={cell.confidence === undefined ? undefined : `probability ${cell.confidence.toFixed(3)}`}
            >
              {cell.text}
            </span>
          ))}
        </p>
        <div class="player">
          <button type="button" class="main" onClick={play}>
            {isPlaying ? 'Pause' : 'Play'}
          </button>
          <button type="button" onClick={() => go(at - 1)} disabled={at === 0} aria-label="Step back">
            ‹
          </button>
          <button type="button" onClick={() => go(at + 1)} disabled={at === last} aria-label="Step on">
            ›
          </button>
          <input
            type="range"
            min="0"
            max={last}
            value={at}
            aria-label="Step"
            aria-valuetext={note}
            onInput={(event) => go(Number(event.currentTarget.value))}
          />
        </div>
        <p class="hint" role="status" aria-live={isPlaying ? 'off' : 'polite'}>
          {at + 1}/{frames.length}: {note}
        </p>
        {token?.candidates && (
          <Candidates
            caption={`Candidates for token ${shown + 1} of the text`}
            rows={token.candidates}
            chosen={token.id}
            hasModels={false}
          />
        )}
        <p class="hint">Space plays and pauses; ← and → are a step, Home and End the first and the last.</p>
      </main>
    </div>
  );
}

function classOf(
  { kind, confidence, isFresh }: ReturnType<typeof cellsOf>[number][number],
  isShown: boolean,
) {
  const names =
    kind === 'filled'
      ? ['token', confidenceLevel(confidence ?? 1), ...(isFresh ? ['fresh'] : [])]
      : { given: [], masked: ['open'], next: ['open', 'next'], drafted: ['draft'] }[kind];
  return [...names, ...(isShown && kind === 'filled' ? ['selected'] : [])].join(' ');
}
