// Writes where the source is into the package.json of each package that is published: node tools/release/set-repository.mjs URL [ROOT].
// npm takes a provenance only where that is the repository which the package was built in; this one has no address of its own yet.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [url, root = fileURLToPath(new URL('../..', import.meta.url))] = process.argv.slice(2);
if (!/^https:\/\/[^/\s]+\/\S+[^/\s]$/.test(url ?? ''))
  throw new Error('node tools/release/set-repository.mjs https://HOST/OWNER/NAME');

for (const folder of ['packages', 'apps', 'models'])
  for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []) {
    const directory = `${folder}/${name}`;
    const file = join(root, directory, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    if (manifest.private) continue;
    const repository = { type: 'git', url: `git+${url}.git`, directory };
    const told = { repository, homepage: `${url}#readme`, bugs: { url: `${url}/issues` } };
    writeFileSync(file, `${JSON.stringify({ ...manifest, ...told }, null, 2)}\n`);
  }
