// Writes the pages into bundle/, each as one HTML file: its script and style are in it, and nothing else may run or be fetched.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const app = dirname(createRequire(import.meta.url).resolve('@maria/page/package.json'));

/** A blank icon: browsers ask the server for one otherwise. */
const icon = 'data:,';

/** @returns the modules in their scripts, for their licences */
export async function writePages(folder: string): Promise<string[]> {
  const style = readFileSync(join(app, 'src/style.css'), 'utf8').replaceAll(/\s*\n\s*/g, ' ');
  const pages = ['try', 'replay'].map(async (name) => {
    const build = await rolldown({ input: join(app, 'dist', name, 'main.js'), platform: 'browser' });
    const { output } = await build.generate({ format: 'iife', minify: true });
    const [{ code, moduleIds }] = output;
    if (code.includes('</script')) throw new Error(`the script of the page "${name}" ends itself`);
    writeFileSync(
      join(folder, `${name}.html`),
      htmlOf({ script: code.trim(), style, isServed: name === 'try' }),
    );
    return moduleIds;
  });
  return (await Promise.all(pages)).flat();
}

interface PageParts {
  readonly script: string;
  readonly style: string;
  /** By the server, which it asks; else it is opened as a file, and asks nobody. */
  readonly isServed: boolean;
}

/** A recording takes the place of its comment. */
function htmlOf({ script, style, isServed }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    ...(isServed ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="${icon}">
<title>maria</title>
<style>${style}</style>
</head>
<body>
<div id="root"></div>
${isServed ? '' : '<!--recording-->\n'}<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
