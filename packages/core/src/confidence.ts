// How sure a model was of what it chose, in the three steps that terminals, screens and pages show.

export type ConfidenceLevel = 'high' | 'middle' | 'low';

export function confidenceLevel(probability: number): ConfidenceLevel {
  if (probability >= 0.5) return 'high';
  return probability >= 0.1 ? 'middle' : 'low';
}
