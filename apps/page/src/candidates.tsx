// The candidates of one token: what each model alone, and both fused, make of them.
import { shownToken } from './shown-token.js';

export interface CandidateRow {
  readonly id: number;
  readonly token: string;
  /** Of a gap of which something is asked it follows later. */
  readonly fused?: number | undefined;
  /** There: among the tokens that are as asked; 0 for one that is not. */
  readonly legal?: number | undefined;
  readonly ar?: number | undefined;
  readonly mlm?: number | undefined;
}

export interface CandidatesProps {
  readonly caption: string;
  readonly rows: readonly CandidateRow[];
  /** Id of the token in the text. */
  readonly chosen: number;
  /** A recording tells nothing of the single models. */
  readonly hasModels?: boolean;
}

export function Candidates({ caption, rows, chosen, hasModels = true }: CandidatesProps) {
  const isAsked = rows.some(({ legal }) => legal !== undefined);
  const hasFused = hasModels || rows.some(({ fused }) => fused !== undefined);
  return (
    <table class={isAsked ? 'candidates asked' : 'candidates'}>
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">token</th>
          {hasModels && <th scope="col">AR</th>}
          {hasModels && <th scope="col">MLM</th>}
          {hasFused && <th scope="col">{hasModels ? 'fused' : 'p'}</th>}
          {isAsked && <th scope="col">legal</th>}
          <td class="bars" />
        </tr>
      </thead>
      <tbody>
        {rows.map(({ id, token, ar, mlm, fused, legal }) => (
          <tr key={id} class={id === chosen ? 'chosen' : ''}>
            <th scope="row">
              <bdi>{shownToken(token)}</bdi>
              {id === chosen && <span class="unseen"> (in the text)</span>}
            </th>
            {hasModels && <td>{decimals(ar)}</td>}
            {hasModels && <td>{decimals(mlm)}</td>}
            {hasFused && <td>{decimals(fused)}</td>}
            {isAsked && <td>{legal === 0 ? '✗' : decimals(legal)}</td>}
            <td class="bars" aria-hidden="true">
              {legal !== 0 && <span style={{ width: `${100 * (legal ?? fused ?? 0)}%` }} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Three decimals; a dash while it is not known. */
function decimals(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3);
}
