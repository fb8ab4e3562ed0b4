// What maria train uses of the engine: loaded on first use, so that help and usage errors pay nothing for it.
export async function loadTrainEngine() {
  const [training, checkpoints, charts] = await Promise.all([
    import('@maria/training'),
    import('@maria/checkpoints'),
    import('@maria/charts'),
  ]);
  const { openTraining, runTraining, estimateTraining, readMetrics, metricsFile, bestFolder } = training;
  const { writeFileAtomically } = checkpoints;
  const { lineChartSvg, lineChartText } = charts;
  return {
    openTraining,
    runTraining,
    estimateTraining,
    readMetrics,
    metricsFile,
    bestFolder,
    writeFileAtomically,
    lineChartSvg,
    lineChartText,
  };
}

export type TrainEngine = Awaited<ReturnType<typeof loadTrainEngine>>;
