// Runs work on several items at a time, and stops all of it when one fails.

/**
 * @param work is given a signal that aborts when `signal` does or another item fails
 * @returns results in the order of the items
 * @throws the first error, once nothing runs any more
 */
export async function inParallel<T, R>(
  items: readonly T[],
  most: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const results: R[] = new Array(items.length);
  let next = 0;
  let failure: { error: unknown } | undefined;
  const worker = async () => {
    while (next < items.length && !failure) {
      const at = next++;
      try {
        results[at] = await work(items[at]!, either);
      } catch (error) {
        failure ??= { error };
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  if (failure) throw failure.error;
  return results;
}
