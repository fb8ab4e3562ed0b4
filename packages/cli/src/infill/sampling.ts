// When tokens are sampled rather than the most probable ones taken.

/** The temperature that was given, or 1 where something else was that only sampling can follow. */
export function temperatureOf({
  temperature,
  samples = 1,
  distinct = false,
  ...others
}: {
  readonly temperature?: number | undefined;
  readonly samples?: number | undefined;
  readonly distinct?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
}): number | undefined {
  const { seed, topK, topP } = others;
  const asksToSample = samples > 1 || distinct || [seed, topK, topP].some((one) => one !== undefined);
  return temperature ?? (asksToSample ? 1 : undefined);
}
