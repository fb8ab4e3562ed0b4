// The public names of @maria/charts.
export * from './line-chart.js';
