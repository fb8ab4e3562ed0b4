// Evenly spread windows out of many.
import type { Windows } from '@maria/core';

/** At most `limit` of the windows, the first among them. */
export function spreadWindows(windows: Windows, limit: number): Windows {
  if (windows.count <= limit) return windows;
  const indices = Array.from({ length: limit }, (_, i) => Math.floor((i * windows.count) / limit));
  return {
    ...windows,
    count: limit,
    tokens: indices.reduce((total, index) => total + windows.get(index).length, 0),
    get: (index) => {
      const chosen = indices[index];
      if (chosen === undefined) throw new RangeError(`window ${index} is outside ${limit} windows`);
      return windows.get(chosen);
    },
  };
}
