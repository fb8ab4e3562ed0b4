// ddpm-cache (MDLM): the chance of a mask is time itself, and a pass is used again while nothing changes.
import { ancestral } from './ancestral.js';

export const ddpmCache = ancestral((t) => t, true);
