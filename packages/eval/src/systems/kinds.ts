// The kinds of systems, by the names that users give. A kind is a file; this is the only list.
import { diffusionKind } from './diffusion-systems.js';
import { pairKinds } from './pair-systems.js';
import type { SystemKind } from './system.js';

export const systemKinds: Readonly<Record<string, SystemKind>> = {
  ...pairKinds,
  diffusion: diffusionKind,
};
