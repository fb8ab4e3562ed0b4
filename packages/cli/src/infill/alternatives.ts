// The table of alternatives that plain output adds on standard error.
import type { Infilled } from '@maria/core';

/** A line for each filled token: which gap, and the most probable tokens in quotes. */
export function alternativesTable(samples: readonly Infilled[]): string[] {
  return samples.flatMap(({ sample, gaps }) =>
    gaps.flatMap((gap, g) =>
      (gap.alternatives ?? []).map((candidates, i) => {
        const place = [
          ...(samples.length > 1 ? [`sample ${sample + 1}`] : []),
          `gap ${g + 1}`,
          ...(gap.ids.length > 1 ? [`token ${i + 1}`] : []),
        ];
        const list = candidates.map(
          ({ token, probability }) => `${JSON.stringify(token)} ${probability.toFixed(3)}`,
        );
        return `${place.join(', ')}: ${list.join('  ')}`;
      }),
    ),
  );
}
