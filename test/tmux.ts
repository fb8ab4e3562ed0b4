// A real terminal for tests: tmux, one server for each session, without anyone's configuration.
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

function version(): string | undefined {
  try {
    return execFileSync('tmux', ['-V'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

const found = version();

/** Whether tests in a terminal can run here, and a title for them that tells in what, or why not. */
export const realTerminal = {
  installed: found !== undefined,
  title: found === undefined ? 'in a real terminal: skipped, as tmux is not installed' : `in ${found}`,
};

export interface TmuxOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

let count = 0;

export class Tmux {
  private readonly server: string;

  private constructor(server: string) {
    this.server = server;
  }

  /** Starts a shell with the size, in which nothing asks for colour or takes this for a build server. */
  static async start({ columns = 80, rows = 24, env = {} }: TmuxOptions = {}): Promise<Tmux> {
    const session = new Tmux(`maria-${process.pid}-${count++}`);
    const { CI: _, FORCE_COLOR: _force, ...inherited } = process.env;
    const size = ['-x', String(columns), '-y', String(rows)];
    // A plain prompt, so that the end of a command can be seen.
    const shell = `env ${Object.entries({ NO_COLOR: '1', PS1: '$ ', ...env })
      .map(([name, value]) => `${name}='${value}'`)
      .join(' ')} sh`;
    await run('tmux', ['-L', session.server, '-f', '/dev/null', 'new-session', '-d', ...size, shell], {
      env: inherited,
    });
    await session.prompt();
    return session;
  }

  private async command(...args: string[]): Promise<string> {
    return (await run('tmux', ['-L', this.server, ...args])).stdout;
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.command('send-keys', '-l', text);
  }

  /** Presses keys by tmux's names: Enter, Left, C-c. */
  async press(...keys: string[]): Promise<void> {
    await this.command('send-keys', ...keys);
  }

  /** Types a command line and runs it. */
  async run(commandLine: string): Promise<void> {
    await this.type(commandLine);
    await this.press('Enter');
  }

  async paste(text: string): Promise<void> {
    await this.command('set-buffer', text);
    await this.command('paste-buffer', '-p');
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.command('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The text on the screen. */
  screen(): Promise<string> {
    return this.command('capture-pane', '-p');
  }

  /** Writes all that the terminal gets from now on to a file, also what is gone before anyone looks at the screen. */
  async record(file: string): Promise<void> {
    await this.command('pipe-pane', `cat > '${file}'`);
  }

  /** Waits for a screen that has all of the patterns. */
  async shows(...patterns: RegExp[]): Promise<string> {
    for (;;) {
      const screen = await this.screen();
      if (patterns.every((pattern) => pattern.test(screen))) return screen;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Waits for the shell: what is typed before goes to the command that still runs. */
  async prompt(): Promise<string> {
    return this.shows(/\n?\$ ?\n*$/);
  }

  async close(): Promise<void> {
    await this.command('kill-server').catch(() => {});
  }
}
