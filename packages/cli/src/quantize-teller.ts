// Tells of the quantising of a model, which happens once and takes a while.
import type { LoadModelOptions } from '@maria/checkpoints';
import { noStatusLine, type StatusLine } from './status-line.js';

/** Elements of a model that takes long enough to wonder. */
const longElements = 1e8;

/** Says once a model that it is being quantised, and in the status line how far that is, where it takes long enough to wonder. */
export function quantizeTeller(
  tell: (message: string) => void,
  status: StatusLine = noStatusLine,
): NonNullable<LoadModelOptions['onQuantize']> {
  return ({ label, scheme, done, total }) => {
    if (total <= longElements) return;
    if (done === 0)
      tell(`Quantising ${label} to ${scheme}, once: ${(total / 1e9).toFixed(2)} billion parameters.`);
    else if (done < total) status.show(`Quantising ${label}: ${Math.floor((100 * done) / total)} %`);
    else status.clear();
  };
}
