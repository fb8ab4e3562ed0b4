// Fills gaps with the embedded pair, and compares with the plain evaluation of the same models.
import { loadModel } from '@maria/checkpoints';
import { infill, type MariaModel } from '@maria/core';
import type { BackendName } from '@maria/kernels';

export interface SelfTest {
  readonly backend: BackendName;
  readonly passed: boolean;
  /** To load the pair and to fill the text. */
  readonly milliseconds?: number;
  /** What the text was filled with. */
  readonly text?: string;
  /** Between the log-likelihoods of a token, and those of the plain evaluation. */
  readonly largestDifference?: number;
  readonly error?: string;
  readonly try?: string;
}

const textWithGaps = 'The [MASK] ran to the [MASK*2], and the old man said: "[MASK*3]."';
/** Far above what the order of sums makes of float32, far below what a wrong kernel does. */
const tolerance = 1e-3;

/** @throws what loading and filling throw */
export async function selfTest(backend: BackendName): Promise<SelfTest> {
  const started = performance.now();
  const actual = await filled(backend);
  const milliseconds = Math.round(performance.now() - started);
  const expected = await filled('reference');
  const differences = expected.logProbabilities.map((value, i) =>
    Math.abs(value - actual.logProbabilities[i]!),
  );
  const largestDifference = Math.max(...differences);
  const same = actual.text === expected.text;
  return {
    backend,
    passed: same && largestDifference <= tolerance,
    milliseconds,
    text: actual.text,
    largestDifference,
    ...(!same && { error: `The plain evaluation gives: ${expected.text}` }),
  };
}

interface Filled {
  readonly text: string;
  readonly logProbabilities: readonly number[];
}

async function filled(backend: BackendName): Promise<Filled> {
  const model = await loadModel({ backend });
  try {
    return await fill(model);
  } finally {
    model.dispose();
  }
}

async function fill(model: MariaModel): Promise<Filled> {
  const events = infill(model, textWithGaps);
  const logProbabilities: number[] = [];
  for (;;) {
    const step = await events.next();
    if (step.done) return { text: step.value.samples[0]!.text, logProbabilities };
    if (step.value.type === 'gap-filled') logProbabilities.push(Math.log(step.value.probability));
  }
}
