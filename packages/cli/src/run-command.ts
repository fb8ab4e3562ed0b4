// Runs a command through oclif, or prints help.
import { InterruptedError } from '@maria/core/errors';
import { forbidDownloads } from './config/project-models.js';
import { asksForHelp, helpConfig } from './help-config.js';
import { ClosedPipeError, tell } from './output.js';

/** Returns the exit status. @throws what the command throws, and what oclif's parser says of a command line that makes no sense */
export async function runCommand(argv: readonly string[], packageRoot: string): Promise<number> {
  const words = asFlag(argv);
  if (asksForHelp(words)) {
    const { default: Help } = await import('./help.js');
    const config = helpConfig(packageRoot);
    await new Help(config, config.pjson.oclif.helpOptions).showHelp(words);
    return 0;
  }
  const [{ run }, { settings }, { settled }] = await Promise.all([
    import('@oclif/core/run'),
    import('@oclif/core/settings'),
    import('./config/settled.js'),
  ]);
  // oclif would look for TypeScript sources whenever NODE_ENV is test or development.
  settings.enableAutoTranspile = false;
  const { argv: whole, settings: added, withoutDownloads: projectFile } = settled(words, packageRoot);
  const inItsWords = projectFile === undefined ? undefined : forbidDownloads(projectFile);
  try {
    const result = await run(whole, { root: packageRoot });
    return typeof result === 'number' ? result : 0;
  } catch (error) {
    // What is wrong may be none of what was written on the command line.
    if (error instanceof Error && !(error instanceof InterruptedError || error instanceof ClosedPipeError))
      for (const { name, value, origin } of added) tell(`Set: --${name} ${value} (${origin})`);
    throw inItsWords?.(error) ?? error;
  }
}

/** `maria help COMMAND` is `maria COMMAND --help`. */
function asFlag(argv: readonly string[]): string[] {
  if (argv[0] !== 'help') return [...argv];
  return [...argv.slice(1).filter((word) => word !== 'help' && !word.startsWith('-')), '--help'];
}
