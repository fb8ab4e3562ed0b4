// analytic (SEDD): the exact step between two amounts of noise.
import { logLinear } from './schedules.js';
import { scoreSteps } from './score-steps.js';

export const analytic = scoreSteps(({ t, s }) => Math.expm1(logLinear.sigma(t) - logLinear.sigma(s)));
