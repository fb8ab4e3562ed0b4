// How sure a model was of a token, as a class of style: the steps are those of `maria infill --color`.

export function levelOf(probability: number): 'sure' | 'likely' | 'unsure' {
  return probability >= 0.5 ? 'sure' : probability >= 0.1 ? 'likely' : 'unsure';
}
