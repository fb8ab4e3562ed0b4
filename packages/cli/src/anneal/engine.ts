// What annealing needs of the engine, loaded on first use: help and usage errors pay nothing for it.
export async function loadAnnealing() {
  const [core, metrics, charts] = await Promise.all([
    import('@maria/core'),
    import('@maria/eval'),
    import('@maria/charts'),
  ]);
  const { anneal, inOrder, parseSchedule, readSweepRecord } = core;
  const { distinctN, generativePerplexity, tokenEntropy } = metrics;
  const { lineChartSvg, lineChartText } = charts;
  return {
    anneal,
    inOrder,
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
