// Help as oclif prints it, with a front page of ours: it does not depend on the machine, and tells the exit statuses.
import { stripVTControlCharacters } from 'node:util';
import { CommandHelp, Help } from '@oclif/core/help';
import { writeOwn } from './output.js';

class MariaCommandHelp extends CommandHelp {
  /** The summary is on top already. */
  protected override description(): string {
    return this.wrap(this.command.description ?? '');
  }

  /** A default of 0 is told too. */
  protected override flags(
    flags: Parameters<CommandHelp['flags']>[0],
  ): [string, string | undefined][] | undefined {
    return super.flags(
      flags.map((flag) => (flag.type === 'option' && flag.default === 0 ? { ...flag, default: '0' } : flag)),
    );
  }

  /** oclif trims the first line: in a group of flags that has short forms, one without stays under those that have one. */
  override renderList(...[rows, options]: Parameters<CommandHelp['renderList']>): string {
    const list = super.renderList(rows, options);
    const label = stripVTControlCharacters(rows[0]?.[0] ?? '');
    const isTable = list.startsWith(`${label.trim()} `);
    return isTable ? label.slice(0, label.search(/\S/)) + list : list;
  }
}

export default class MariaHelp extends Help {
  protected override CommandHelpClass = MariaCommandHelp;
  readonly #lines: string[] = [];

  override async showHelp(argv: string[]): Promise<void> {
    await super.showHelp(argv);
    await writeOwn(this.#lines.map((line) => `${line}\n`).join(''));
  }

  protected override log(...lines: string[]): void {
    this.#lines.push(...lines);
  }

  protected override async showRootHelp(): Promise<void> {
    const { bin, pjson } = this.config;
    const commands = this.sortedCommands.filter(({ id }) => !id.includes(':'));
    this.log(this.render(pjson.description ?? ''));
    this.log('');
    this.log(this.section('USAGE', `${bin} COMMAND [FLAGS]`));
    this.log('');
    this.log(this.formatCommands(commands));
    this.log('');
    this.log(this.formatTopics(this.sortedTopics.filter(({ name }) => !name.includes(':'))));
    this.log('');
    this.log(
      this.section('EXIT STATUS', this.renderList([...exitStatuses], { indentation: 2, spacer: '\n' })),
    );
    this.log('');
    this.log(
      this.section('ENVIRONMENT', this.renderList([...environment], { indentation: 2, spacer: '\n' })),
    );
    this.log('');
    this.log(`Help on a command: ${bin} help COMMAND, or ${bin} COMMAND --help`);
    this.log(`Version: ${bin} --version, or -v; those of libraries too: ${bin} --version --verbose`);
  }
}

export const exitStatuses: readonly [string, string][] = [
  ['0', 'done'],
  ['1', 'failed, or some records did'],
  ['2', 'the command line or a text makes no sense'],
  ['3', 'a model or a file is missing or unfit'],
  ['4', 'the network is needed and away'],
  ['5', 'a device or its library does not work'],
  ['130', 'interrupted (143 by SIGTERM, 129 by SIGHUP)'],
];

export const environment: readonly [string, string][] = [
  ['NO_COLOR', 'no colour'],
  ['FORCE_COLOR', 'colour without a terminal too'],
  ['MARIA_CONFIG', 'the file of settings (maria config); empty: none is read'],
  ['MARIA_MODEL, MARIA_AR, …', 'settings of models, by the names of the flags'],
  ['MARIA_QUIET', '1 is --quiet'],
  ['MARIA_DEBUG', '1 shows the stack of an error'],
  [
    'MARIA_CACHE',
    'where quantised copies, weights of benchmarks and what was found of this machine are kept',
  ],
  ['HF_HOME, HF_HUB_CACHE', 'where models of the Hugging Face Hub are kept'],
  ['HF_HUB_OFFLINE', '1 never asks the Hub'],
  ['HF_TOKEN, HF_ENDPOINT', 'the access token for the Hub, and its address'],
  ['MARIA_ORT_LIBRARY', 'an ONNX Runtime library in place of the installed one'],
  ['HTTPS_PROXY, NO_PROXY', 'the proxy for downloads, and hosts that need none'],
  ['MARIA_MIN_SPEED', 'bytes a second below which a download is given up'],
];
