// The best fills, as a search found them: what stands in the gaps, the share of each, and its joint log-likelihood.
import { Box } from 'ink';
import type { InfillRun, Size } from '../state/state.js';
import { visible } from '../text/visible.js';
import { cut, widthOf } from '../text/width.js';
import { dim, ListRow } from './list-row.js';
import { Paint } from './paint.js';

const numberWidth = 8;

/** @param rows lines in all: a heading, and the fills around the one that is shown */
export function BestFills(props: {
  readonly run: InfillRun;
  readonly shown: number;
  readonly size: Size;
  readonly rows: number;
}) {
  const { run, shown, size, rows } = props;
  const { fills, isExact } = run;
  const nameWidth = size.columns - 2 * numberWidth;
  const first = Math.max(0, Math.min(shown - Math.floor((rows - 1) / 2), fills.length - rows + 1));
  const sure = isExact === undefined ? '' : isExact ? ', exact' : ', by beam';
  return (
    <Box flexDirection="column" height={rows}>
      <ListRow nameWidth={nameWidth} numberWidth={numberWidth} numbers={[dim('weight'), dim('log p')]}>
        {dim(cut(`best fill ${shown + 1} of ${fills.length}${sure}`, nameWidth))}
      </ListRow>
      {fills.slice(first, first + rows - 1).map(({ fills: texts, weight, jointLogLikelihood }, i) => {
        const isShown = first + i === shown;
        const name = cut(
          `${isShown ? '›' : ' '}${String(first + i + 1).padStart(2)} ${visible(texts.map((text) => JSON.stringify(text)).join(' '))}`,
          nameWidth,
        );
        return (
          <ListRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a fill is its place
            key={i}
            nameWidth={nameWidth}
            numberWidth={numberWidth}
            numbers={[weight.toFixed(3), jointLogLikelihood.toFixed(2)]}
          >
            <Paint as={isShown ? 'selected' : undefined}>
              {name + ' '.repeat(nameWidth - widthOf(name))}
            </Paint>
          </ListRow>
        );
      })}
    </Box>
  );
}
