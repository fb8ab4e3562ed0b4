// What maria train uses of the engine: loaded on first use, so that help and usage errors pay nothing for it.
export async function loadTrainEngine() {
  const [kernels, evaluation] = await Promise.all([import('@maria/kernels'), import('@maria/eval')]);
  const { openTraining, runTraining, estimateTraining, writeFileAtomically } = kernels;
  const { lineChartSvg, lineChartText } = evaluation;
  return { openTraining, runTraining, estimateTraining, writeFileAtomically, lineChartSvg, lineChartText };
}

export type TrainEngine = Awaited<ReturnType<typeof loadTrainEngine>>;
