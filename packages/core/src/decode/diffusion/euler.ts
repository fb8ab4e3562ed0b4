// euler (SEDD): a step along the rate of the noise. With log-linear noise it is the analytic one.
import { logLinear } from './schedules.js';
import { scoreSteps } from './score-steps.js';

export const euler = scoreSteps(({ t, s }) => (t - s) * logLinear.rate(t));
