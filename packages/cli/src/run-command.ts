// Runs a command through oclif.
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';

/** Returns the exit status. @throws what the command throws, and what oclif's parser says of a command line that makes no sense */
export async function runCommand(argv: readonly string[], packageRoot: string): Promise<number> {
  // oclif would look for TypeScript sources whenever NODE_ENV is test or development.
  settings.enableAutoTranspile = false;
  const result = await run(asFlag(argv), { root: packageRoot });
  return typeof result === 'number' ? result : 0;
}

/** `maria help COMMAND` is `maria COMMAND --help`. */
function asFlag(argv: readonly string[]): string[] {
  if (argv[0] !== 'help') return [...argv];
  return [...argv.slice(1).filter((word) => word !== 'help' && !word.startsWith('-')), '--help'];
}
