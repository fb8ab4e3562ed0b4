// The families of denoisers that maria knows, and which one a folder's files are of.
import { DataError, UsageError } from '../errors.js';
import { quote } from '../quote.js';
import type { WeightSource } from '../tensor/backend.js';
import { a2dQwen3 } from './a2d-qwen3.js';
import type { ConfigJson, DenoiserFamily } from './denoiser-family.js';
import { diffugpt } from './diffugpt.js';
import { diffullama } from './diffullama.js';
import { dream } from './dream.js';
import { llada } from './llada.js';
import { mdlm } from './mdlm.js';
import { opendcoder } from './opendcoder.js';
import { sedd } from './sedd.js';

export const denoiserFamilies: readonly DenoiserFamily[] = [
  mdlm,
  sedd,
  diffugpt,
  diffullama,
  llada,
  dream,
  a2dQwen3,
  opendcoder,
];

export const denoiserNames: readonly string[] = denoiserFamilies.map(({ name }) => name);

/** In place of a name: whichever family such files can be of. */
const anyFamily = 'diffusion';

/**
 * The family that files are of: the one of that name, else the one that the config can only be of; undefined where it is none.
 * @param name as the user says it
 * @throws UsageError for a name that there is not; DataError where the config cannot be of the named family, or could be of one that
 * only the user can tell
 */
export function denoiserFamilyOf(
  config: ConfigJson,
  weights: WeightSource,
  where: string,
  name?: string,
): DenoiserFamily | undefined {
  const possible = denoiserFamilies.filter((family) => family.accepts(config));
  if (name === anyFamily && possible.length > 0) return possible[0];
  if (name === undefined) {
    const found = denoiserFamilies.find((family) => family.recognizes(config, weights));
    if (found || possible.length === 0) return found;
    throw new DataError(
      'family-untold',
      `Cannot load the denoiser: ${where} is that of ${quote(String(config.model_type))}, an autoregressive model; nothing in it tells whether this one was trained as a denoiser.`,
      {
        try: `If it was, name its family: ${possible.map((family) => family.name).join(' or ')}.`,
        facts: { family: possible[0]!.name },
      },
    );
  }
  const named = denoiserFamilies.find((family) => family.name === name);
  if (!named)
    throw new UsageError('family-unknown', `Cannot load the denoiser: there is no family ${quote(name)}.`, {
      try: `Use one of ${denoiserNames.join(', ')}.`,
    });
  if (named.accepts(config)) return named;
  throw new DataError(
    'family-unfit',
    `Cannot load the denoiser as ${named.name}: ${where} has model_type ${quote(String(config.model_type))}.`,
  );
}
