// Runs what the Dockerfile says in clean roots of Debian, where there is no Docker, and maria in the last of them as its user: as root,
//   node tools/docker/try.mjs FOLDER
// FOLDER takes the roots. debootstrap makes one of the release that node:20-slim has; this machine's node goes into it, and npm 10. What is
// there already is used again, but for the stages. No part of .ci/run.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined || process.getuid?.() !== 0)
  throw new Error('as root: node tools/docker/try.mjs FOLDER');
const base = join(folder, 'base');
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** A proxy of this machine may have a certificate of its own. */
const { NODE_EXTRA_CA_CERTS: certificates } = process.env;

if (!existsSync(join(base, 'home/node'))) makeBase();
const { root, settings } = buildStages(readFileSync(join(repository, 'Dockerfile'), 'utf8'));
for (const [command, ...args] of [
  ['id'],
  [...settings.entrypoint, '--version', '--verbose'],
  [...settings.entrypoint, 'infill', 'The [MASK] sat on the [MASK].'],
  [...settings.entrypoint, 'doctor'],
  ['sh', '-c', 'touch /models/x /work/x && ! touch /opt/maria/x && du -sh /opt/maria'],
  [
    'sh',
    '-c',
    `maria serve --port 8080 & until node -e "fetch('http://127.0.0.1:8080/health').then(({ ok }) => process.exit(ok ? 0 : 1))" 2> /dev/null; do sleep 1; done; kill $!; wait`,
  ],
])
  within(root, settings, [command, ...args]);

function makeBase() {
  execFileSync(
    'debootstrap',
    ['--variant=minbase', '--include=ca-certificates,libstdc++6', 'bookworm', base],
    {
      stdio: 'inherit',
    },
  );
  cpSync(process.execPath, join(base, 'usr/local/bin/node'));
  const npm = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
  cpSync(join(npm, 'npm'), join(base, 'opt/npm'), { recursive: true });
  const settings = { env: {}, user: 'root', folder: '/' };
  within(base, settings, ['useradd', '--uid', '1000', '--create-home', 'node']);
  within(base, settings, [
    'node',
    '/opt/npm/bin/npm-cli.js',
    'install',
    '--global',
    '--prefix',
    '/usr/local',
    'npm@10',
  ]);
}

function buildStages(dockerfile) {
  const stages = new Map();
  let root;
  let settings;
  for (const line of dockerfile.split('\n').filter((line) => /^[A-Z]/.test(line))) {
    process.stderr.write(`== ${line}\n`);
    const [, instruction, rest] = /^(\w+) (.*)$/.exec(line);
    const words = rest.split(' ');
    if (instruction === 'FROM') {
      root = join(folder, words[2] ?? 'final');
      stages.set(words[2] ?? 'final', root);
      rmSync(root, { recursive: true, force: true });
      execFileSync('cp', ['-a', base, root]);
      settings = { env: {}, user: 'root', folder: '/' };
    } else if (instruction === 'ENV') {
      const [name, value] = rest.split('=');
      settings.env[name] = value;
    } else if (instruction === 'WORKDIR') {
      settings.folder = rest;
      mkdirSync(join(root, rest), { recursive: true });
    } else if (instruction === 'COPY' && words[0].startsWith('--from='))
      execFileSync('cp', [
        '-a',
        join(stages.get(words[0].slice('--from='.length)), words[1]),
        join(root, words[2]),
      ]);
    else if (instruction === 'COPY') copyRepository(join(root, settings.folder));
    else if (instruction === 'RUN') within(root, settings, ['sh', '-c', rest]);
    else if (instruction === 'USER') settings.user = rest;
    else if (instruction === 'ENTRYPOINT') settings.entrypoint = JSON.parse(rest);
    else if (!['EXPOSE', 'CMD'].includes(instruction)) throw new Error(`${instruction} is unknown here`);
  }
  return { root, settings };
}

/** But for what .dockerignore names. */
function copyRepository(target) {
  const ignored = readFileSync(join(repository, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(
      (line) =>
        new RegExp(
          `^${line.replaceAll('.', '\\.').replaceAll(/\*\*\/|\*/g, (wild) => (wild === '*' ? '[^/]*' : '(?:.*/)?'))}$`,
        ),
    );
  cpSync(repository, target, {
    recursive: true,
    filter: (path) => !ignored.some((pattern) => pattern.test(relative(repository, path))),
  });
}

/** Runs a command in a root, which has the network and /proc of this machine. */
function within(root, { env, user, folder }, command) {
  const proc = join(root, 'proc');
  cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  if (certificates !== undefined) {
    mkdirSync(dirname(join(root, certificates)), { recursive: true });
    cpSync(certificates, join(root, certificates));
  }
  const variables = {
    PATH: path,
    HOME: user === 'root' ? '/root' : `/home/${user}`,
    ...(certificates !== undefined && { NODE_EXTRA_CA_CERTS: certificates }),
    ...env,
  };
  process.stderr.write(`$ ${command.join(' ')}\n`);
  execFileSync('mount', ['--bind', '/proc', proc]);
  try {
    execFileSync(
      'chroot',
      [`--userspec=${user}`, root, 'sh', '-c', 'cd "$0" && exec "$@"', folder, ...command],
      { env: variables, stdio: ['ignore', 'inherit', 'inherit'] },
    );
  } finally {
    execFileSync('umount', [proc]);
  }
}
