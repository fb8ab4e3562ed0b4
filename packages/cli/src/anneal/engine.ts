// What annealing needs of the engine, loaded on first use: help and usage errors pay nothing for it.
export async function loadAnnealing() {
  const [core, metrics] = await Promise.all([import('@maria/core'), import('@maria/eval')]);
  const { anneal, parseSchedule, readSweepRecord } = core;
  const { distinctN, generativePerplexity, lineChartSvg, lineChartText, tokenEntropy } = metrics;
  return {
    anneal,
    parseSchedule,
    readSweepRecord,
    distinctN,
    generativePerplexity,
    lineChartSvg,
    lineChartText,
    tokenEntropy,
  };
}

export type Annealing = Awaited<ReturnType<typeof loadAnnealing>>;
