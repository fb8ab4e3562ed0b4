// A line across the screen.
import { Line } from './lines.js';
import { Paint } from './paint.js';

export function Rule({ columns }: { readonly columns: number }) {
  return (
    <Line>
      <Paint as="dim">{'─'.repeat(columns)}</Paint>
    </Line>
  );
}
