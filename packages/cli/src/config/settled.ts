// A command line with what the environment and files set for it.
import { readCommandFlags } from '../command-names.js';
import { readLayers, setsAnything } from './settings.js';
import { type Settled, withSettings } from './with-settings.js';

/** @throws UsageError `bad-config` */
export function settled(argv: readonly string[], packageRoot: string): Settled {
  // What is unfit in a file can still be changed.
  const layers = argv[0] === 'config' ? [] : readLayers();
  if (!layers.some(setsAnything)) return { argv: [...argv], settings: [] };
  return withSettings(argv, layers, readCommandFlags(packageRoot));
}
