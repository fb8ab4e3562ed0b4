// The public names of @maria/charts.
export * from './chart.js';
export * from './forest-chart.js';
export * from './line-chart.js';
