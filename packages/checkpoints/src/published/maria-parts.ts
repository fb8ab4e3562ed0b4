// What is found in a MARIA checkpoint that was published with code of its own: two backbones and a head.
import type { Architecture, CausalArchitecture, MaskedArchitecture } from '@maria/core';
import type { HeadHalfPlace } from './find-head.js';

export interface FoundPart<A extends Architecture> {
  readonly architecture: A;
  /** Where its config stands in config.json. */
  readonly configPath: string;
  /** Before the names that the backbone's own checkpoint would have. */
  readonly prefix: string;
  /** Full names of the backbone's own output embedding, where it is there: a MARIA model does without. */
  readonly output?: { readonly weight: string; readonly bias?: string };
}

export interface FoundHeadHalf extends HeadHalfPlace {
  /** Column of the matrix at which this half begins. */
  readonly firstColumn: number;
}

export interface MariaParts {
  readonly ar: FoundPart<CausalArchitecture>;
  /** Without its prediction head where the checkpoint has none: then the encoder's hidden states are meant. */
  readonly mlm: FoundPart<MaskedArchitecture>;
  readonly head: {
    /** V: rows that the head and both tables have. */
    readonly rows: number;
    readonly ar: FoundHeadHalf;
    readonly mlm: FoundHeadHalf;
    readonly decidedBy: 'shape' | 'names' | 'config' | 'values' | 'default';
  };
  /** One sentence that says what was found where. */
  readonly summary: string;
}
