// Several things that hold native memory, made at the same time: all of them, or none.

/** Waits for all of `started`. When one fails, the others are disposed of and its error is thrown. */
export async function allOrNone<T extends readonly { dispose(): void }[]>(
  started: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<[...T]> {
  try {
    return (await Promise.all(started)) as [...T];
  } catch (error) {
    for (const result of await Promise.allSettled(started))
      if (result.status === 'fulfilled') result.value.dispose();
    throw error;
  }
}
