// ddpm (MDLM): the exact reverse of the noise that MDLM was trained with.
import { ancestral } from './ancestral.js';
import { logLinear } from './schedules.js';

export const ddpm = ancestral(logLinear.maskChance, false);
