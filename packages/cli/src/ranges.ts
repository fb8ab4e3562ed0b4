// The numbers that flags take. Each has a largest one, far above what makes sense: beyond it lies a slip of the keyboard.

/** Whole numbers of seeds, and of texts. */
export const seedRange = { min: 0, max: 2 ** 32 - 1 };

const million = 1_000_000;
const daySeconds = 86_400;

/** Of whole numbers. */
export const ranges = {
  threads: { min: 1, max: 1024 },
  context: { min: 1, max: 2 ** 20 },
  /** All of them are held until a text is done. */
  samples: { min: 1, max: 2 ** 16 },
  /** No vocabulary has more tokens. */
  tokensOfVocabulary: { min: 1, max: 2 ** 22 },
  /** Tokens of a gap: each length up to it is tried. */
  gapLength: { min: 1, max: 64 },
  /** Tokens of a sequence. */
  length: { min: 1, max: 2 ** 20 },
  /** Steps of a sampler. */
  samplerSteps: { min: 1, max: million },
  tokenId: { min: 0, max: 2 ** 22 },
  sweeps: { min: 1, max: million },
  chains: { min: 1, max: 2 ** 24 },
  /** Steps of training. */
  steps: { min: 1, max: 1000 * million },
  warmup: { min: 0, max: 1000 * million },
  /** Tokens of a training text. */
  trainingTokens: { min: 1, max: million * million },
  window: { min: 2, max: 2 ** 20 },
  /** Tokens that are read at once of a long text. */
  readWindow: { min: 16, max: 2 ** 20 },
  windows: { min: 1, max: million },
  documents: { min: 1, max: million },
  requests: { min: 0, max: 100 * million },
  vocabulary: { min: 2, max: 2 ** 20 },
  hiddenSize: { min: 1, max: 2 ** 16 },
  repetitions: { min: 1, max: million },
  warmUp: { min: 0, max: million },
  checkedTokens: { min: 2, max: 100 * million },
  /** Requests in a queue. */
  waiting: { min: 0, max: 2 ** 16 },
  benchLength: { min: 4, max: 2 ** 20 },
} as const;

/** Of other numbers; `above` excludes its own value. */
export const decimalRanges = {
  probability: { above: 0, most: 1 },
  temperature: { least: 0, most: 100 },
  guidance: { least: 0, most: 100 },
  /** Of a slider. */
  shownTemperature: { least: 0, most: 2 },
  spanLength: { least: 1, most: 2 ** 20 },
  learningRate: { above: 0, most: million },
  weightDecay: { least: 0, most: 1000 },
  clip: { least: 0, most: million },
  seconds: { above: 0, most: 30 * daySeconds },
} as const;

/** A time, in milliseconds. */
export const longestMs = 30 * daySeconds * 1000;
