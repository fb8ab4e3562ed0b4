// The ways to fill gaps, by the names that users give. Nothing is imported until one of them is used.
import type { Decoder } from './decoder.js';

interface System {
  /** One line for help. */
  readonly summary: string;
  load(): Promise<Decoder>;
}

export const systems = {
  maria: {
    summary: 'both models, fused',
    load: async () => (await import('./maria.js')).maria,
  },
  ar: {
    summary: 'the AR model alone, which sees nothing to the right of a gap',
    load: async () => (await import('./ar.js')).ar,
  },
  mlm: {
    summary: 'the MLM alone, which reads the text again for each token',
    load: async () => (await import('./mlm.js')).mlm,
  },
  diffusion: {
    summary: 'a denoiser, which fills in any order',
    load: async () => (await import('./diffusion/diffusion.js')).diffusion,
  },
} satisfies Record<string, System>;

export type SystemName = keyof typeof systems;
export const systemNames = Object.keys(systems) as SystemName[];
