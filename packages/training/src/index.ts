// The public names of @maria/training.
export { type DataSource, fileSource } from './data-source.js';
export { type DocumentOptions, type DocumentPiece, documentsOf, linesOf } from './documents.js';
export { estimateTraining, type TrainingEstimate } from './estimate.js';
export { type MetricsRecord, metricsFile, readMetrics } from './metrics-file.js';
export { type OpenTraining, type OpenTrainingOptions, openTraining } from './open-training.js';
export type { TrainingPlan } from './plan.js';
export { type ReadWindows, type ReadWindowsOptions, readWindows } from './read-windows.js';
export { bestFolder, takeFolder } from './run-folder.js';
export type { RunKind } from './run-lock.js';
export { type RunEvent, type RunTrainingOptions, runTraining } from './run-training.js';
export { defaultSettings, type GivenSettings, type TrainSettings } from './settings.js';
