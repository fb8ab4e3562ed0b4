// The text while it is filled and after. Its tokens are one stop of Tab; arrows go from one to the next.
import { confidenceLevel } from '@maria/core/confidence';
import { useRef } from 'preact/hooks';
import { turnedClass } from '../shown-token.js';
import { type Filling, type Piece, piecesOf } from './filling.js';

export interface FilledTextProps {
  readonly filling: Filling;
  /** Position of the token whose candidates are shown. */
  readonly selected: number | undefined;
  onSelect(position: number): void;
}

export function FilledText({ filling, selected, onSelect }: FilledTextProps) {
  const whole = useRef<HTMLParagraphElement>(null);
  const positions = filling.tokens.map(({ position }) => position).sort((a, b) => a - b);
  const stop = selected ?? positions[0];
  const onKeyDown = (event: KeyboardEvent) => {
    const at = positions.indexOf(stop ?? -1);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: positions.length - 1 }[event.key];
    const position = to === undefined ? undefined : positions[to];
    if (position === undefined) return;
    event.preventDefault();
    onSelect(position);
    whole.current?.querySelector<HTMLElement>(`[data-position="${position}"]`)?.focus();
  };
  return (
    <p class="filled" dir="auto" ref={whole} onKeyDown={onKeyDown}>
      {piecesOf(filling).map((piece, i) => (
        <PieceOf key={i} piece={piece} stop={stop} selected={selected} onSelect={onSelect} />
      ))}
    </p>
  );
}

interface PieceProps {
  readonly piece: Piece;
  readonly stop: number | undefined;
  readonly selected: number | undefined;
  onSelect(position: number): void;
}

function PieceOf({ piece, stop, selected, onSelect }: PieceProps) {
  if (piece.kind === 'given') return <span>{piece.text}</span>;
  if (piece.kind === 'open')
    return (
      <span class={piece.isNext ? 'open next' : 'open'} aria-hidden="true">
        {piece.isLengthKnown ? '' : '?'}
      </span>
    );
  const { text, token } = piece;
  const { position, gap, index, probability } = token;
  const select = () => onSelect(position);
  return (
    // biome-ignore lint/a11y/useSemanticElements: text in a button cannot be copied
    <span
      class={`token ${confidenceLevel(probability)}${turnedClass(text)}${position === selected ? ' selected' : ''}`}
      role="button"
      tabIndex={position === stop ? 0 : -1}
      aria-pressed={position === selected}
      aria-label={`${text.trim()}, gap ${gap + 1}, token ${index + 1}, probability ${probability.toFixed(3)}`}
      data-position={position}
      onFocus={select}
      onMouseEnter={select}
    >
      {text}
    </span>
  );
}
