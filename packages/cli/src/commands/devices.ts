// maria devices: what models can run on here.
import { unlessAborted } from '@maria/core/unless-aborted';
import * as Flags from '@oclif/core/flags';
import { shownLine } from '../doctor/report-line.js';
import { HubCommand } from '../hub-command.js';
import { standardOutput } from '../output.js';

export default class Devices extends HubCommand {
  static override summary = 'List what models can run on, and what is missing.';
  static override description =
    'Each is tried with a small sum, in a process of its own, on every backend that has such devices. --device of the commands that run models takes the names. What is missing is told with the one step that brings it.';
  static override examples = ['<%= config.bin %> devices', '<%= config.bin %> devices --json'];

  static override flags = { json: Flags.boolean({ summary: 'Write one JSON object.' }) };

  async run(): Promise<number> {
    const { flags } = await this.parse(Devices);
    const [{ examineDevices }, { deviceLines }] = await Promise.all([
      import('../doctor/examine-devices.js'),
      import('../doctor/device-lines.js'),
    ]);
    const devices = await unlessAborted(examineDevices(this.signal), this.signal);
    if (flags.json) await this.writeRecord({ devices });
    else await standardOutput().write(`${devices.flatMap(deviceLines).flatMap(shownLine).join('\n')}\n`);
    return 0;
  }
}
