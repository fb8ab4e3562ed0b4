// What is asked of one gap: its length, and what its fill must be.
import { useId } from 'preact/hooks';
import { type AskedOfGap, kinds } from './asked-of-gap.js';

export interface GapFieldsProps {
  readonly number: number;
  readonly marker: string;
  readonly asked: AskedOfGap;
  /** The server said that it cannot be filled so. */
  readonly isRefused: boolean;
  onChange(asked: AskedOfGap): void;
}

export function GapFields({ number, marker, asked, isRefused, onChange }: GapFieldsProps) {
  const id = useId();
  const { hint } = kinds[asked.kind];
  const field = (name: keyof AskedOfGap) => ({
    id: `${id}-${name}`,
    value: asked[name],
    onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
      onChange({ ...asked, [name]: event.currentTarget.value }),
  });
  return (
    <fieldset class={isRefused ? 'gap refused' : 'gap'}>
      <legend>
        Gap {number} <code>{marker}</code>
      </legend>
      <div class="fields">
        <label for={`${id}-min`}>
          Fewest tokens
          <input type="number" min="1" max="64" {...field('min')} />
        </label>
        <label for={`${id}-max`}>
          Most tokens
          <input type="number" min="1" max="64" {...field('max')} />
        </label>
        <label for={`${id}-letters`}>
          Letters
          <select {...field('letters')}>
            <option value="">any</option>
            <option value="lower">lower case</option>
            <option value="upper">upper case</option>
            <option value="title">title case</option>
          </select>
        </label>
        <label for={`${id}-kind`}>
          Must be
          <select {...field('kind')}>
            {Object.entries(kinds).map(([kind, { label }]) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {hint !== undefined && (
          <label for={`${id}-value`} class="wide">
            {hint}
            <input type="text" spellcheck={false} {...field('value')} />
          </label>
        )}
        <label for={`${id}-ban`} class="wide">
          Never (texts, with commas)
          <input type="text" spellcheck={false} {...field('ban')} />
        </label>
      </div>
    </fieldset>
  );
}
