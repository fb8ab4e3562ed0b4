// The public names of @maria/eval.
export * from './bench/index.js';
export * from './metrics/generative-perplexity.js';
export * from './metrics/token-diversity.js';
