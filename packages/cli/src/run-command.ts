// Runs a command through oclif, or prints help.
import { asksForHelp, helpConfig } from './help-config.js';

/** Returns the exit status. @throws what the command throws, and what oclif's parser says of a command line that makes no sense */
export async function runCommand(argv: readonly string[], packageRoot: string): Promise<number> {
  const words = asFlag(argv);
  if (asksForHelp(words)) {
    const { default: Help } = await import('./help.js');
    const config = helpConfig(packageRoot);
    await new Help(config, config.pjson.oclif.helpOptions).showHelp(words);
    return 0;
  }
  const [{ run }, { settings }] = await Promise.all([
    import('@oclif/core/run'),
    import('@oclif/core/settings'),
  ]);
  // oclif would look for TypeScript sources whenever NODE_ENV is test or development.
  settings.enableAutoTranspile = false;
  const result = await run(words, { root: packageRoot });
  return typeof result === 'number' ? result : 0;
}

/** `maria help COMMAND` is `maria COMMAND --help`. */
function asFlag(argv: readonly string[]): string[] {
  if (argv[0] !== 'help') return [...argv];
  return [...argv.slice(1).filter((word) => word !== 'help' && !word.startsWith('-')), '--help'];
}
