// One run of the command line: hands argv to oclif, and turns whatever happens into stderr lines and an exit status.
// Loads nothing of the engine, and for the version not even oclif, so that both answer fast.
import { fileURLToPath } from 'node:url';
import { endIfHungUp, interruptStatus } from './interrupt.js';
import { optimiseLate } from './optimise-late.js';
import { ClosedPipeError, exit, standardOutput, tell } from './output.js';
import { versionLine } from './version.js';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));

/** Runs `maria` with the arguments after its name, flushes both output streams and ends the process. */
export async function main(argv: readonly string[]): Promise<never> {
  optimiseLate();
  // A terminal that is gone is told by SIGHUP, after which what is done is saved: writing to it is no reason to end before.
  process.stderr.on('error', () => {});
  return exit(await statusOf(argv), endIfHungUp);
}

async function statusOf(argv: readonly string[]): Promise<number> {
  try {
    if (argv[0] === '--version' || argv[0] === '-v') {
      const details = argv.includes('--verbose')
        ? (await import('./version-details.js')).versionDetails(packageRoot)
        : [];
      await standardOutput().write(`${[versionLine(packageRoot), ...details].join('\n')}\n`);
      return 0;
    }
    const { runCommand } = await import('./run-command.js');
    return await runCommand(argv, packageRoot);
  } catch (error) {
    if (error instanceof ClosedPipeError) return 0;
    // What to try next takes names of pairs and the like: who succeeds does not wait for them.
    const [{ report }, { readCommandNames }] = await Promise.all([
      import('./report.js'),
      import('./command-names.js'),
    ]);
    const { lines, exitStatus } = report(error, argv, () => readCommandNames(packageRoot));
    for (const line of lines) tell(line);
    return interruptStatus() ?? exitStatus;
  }
}
