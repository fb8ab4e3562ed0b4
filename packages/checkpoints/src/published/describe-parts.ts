// What is in a MARIA checkpoint, in a sentence: the parts that were found, or the tensors among which they were not.
import { formatShape, type WeightSource } from '@maria/core';
import type { MariaParts } from './maria-parts.js';

const reasons: Record<MariaParts['head']['decidedBy'], string> = {
  shape: 'by their shapes',
  names: 'by their names',
  config: 'as config.json says',
  values: 'by their likeness to the output embeddings',
  default: 'as nothing says otherwise',
};

export function summarizeParts({ ar, mlm, head }: Omit<MariaParts, 'summary'>, where: string): string {
  const bare = mlm.architecture.withoutHead() === mlm.architecture ? ' without a prediction head' : '';
  const joint = head.ar.weight === head.mlm.weight;
  const matrices = joint
    ? `"${head.ar.weight}", the ${head.ar.firstColumn === 0 ? "AR model's" : "MLM's"} half first`
    : `"${head.ar.weight}" for the AR model and "${head.mlm.weight}" for the MLM`;
  return (
    `${where} has the AR model (${ar.architecture.modelType}) under "${ar.prefix}", ` +
    `the MLM (${mlm.architecture.modelType}${bare}) under "${mlm.prefix}", and the head in ${matrices}, ${reasons[head.decidedBy]}.`
  );
}

/** Most entries of a listing: it is one line of an error. */
const maxListed = 12;

/** The tensors by the first parts of their names, or one by one with shapes where such a part has one. */
export function listTensors(source: WeightSource): string {
  const groups = new Map<string, string[]>();
  for (const name of source.names()) {
    const group = name.split('.').slice(0, 2).join('.');
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const entries = [...groups].map(([group, names]) =>
    names.length === 1
      ? `${names[0]} ${formatShape(source.get(names[0]!)!.shape)}`
      : `${names.length} tensors ${group}.*`,
  );
  const rest = entries.length - maxListed;
  const listed = entries.slice(0, maxListed).join(', ');
  return entries.length === 0 ? 'no tensors' : listed + (rest > 0 ? ` and ${rest} more groups` : '');
}
