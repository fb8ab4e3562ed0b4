// Debian's Chromium, or Chrome, where one is installed: pages are opened in it as users do.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const path = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find(isExecutable);

export const installedBrowser = {
  installed: path !== undefined,
  title: path === undefined ? 'in a browser (skipped: no Chromium is installed)' : 'in a browser',
};

/** Without its sandbox, which the user root cannot have: the pages are our own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: path!, args: ['--no-sandbox', '--disable-gpu'] });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
