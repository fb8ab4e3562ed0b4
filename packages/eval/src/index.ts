// The public names of @maria/eval.
export * from './charts/line-chart.js';
