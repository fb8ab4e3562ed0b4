// Every family of the registry keeps what holds of all of them.
import { it } from 'vitest';
import { smallConfig } from './family-configs.test.support.js';
import { checkInvariants } from './family-invariants.test.support.js';
import { forwardShapes } from './parameter-shapes.js';
import { familyNames, readArchitecture } from './registry.js';
import { randomTensors } from './tiny-checkpoint.test.support.js';

it.each(familyNames)('%s', (modelType) => {
  const config = smallConfig(modelType);
  const shapes = Object.fromEntries(forwardShapes(readArchitecture(config, 'config.json')));
  checkInvariants(config, randomTensors(shapes), [/attention\.self\.key\.bias$/, /k_lin\.bias$/]);
});
