// What may import what: no circles, arrows between packages one way, and core without anything native.
const swc = require('@swc/core');

// dependency-cruiser 17, the last for Node 20, does not tell swc which files have JSX.
const parse = swc.parseFileSync;
swc.parseFileSync = (file, options) => parse(file, { ...options, tsx: file.endsWith('.tsx') });

/** The packages of this repository that each package may import. */
const arrows = {
  'packages/core': [],
  'packages/charts': [],
  'packages/kernels': ['core'],
  'packages/checkpoints': ['core', 'kernels'],
  'packages/training': ['core', 'kernels', 'checkpoints'],
  'packages/eval': ['core', 'kernels', 'checkpoints', 'training', 'charts'],
  'apps/tui': ['core', 'charts'],
  'apps/page': ['core', 'tui'],
  'packages/cli': ['core', 'kernels', 'checkpoints', 'training', 'eval', 'charts', 'tui', 'page'],
  'tools/pretrain': ['core', 'kernels', 'checkpoints', 'training'],
};

/** Files that nobody imports: what a package exports, and what is started by its path. */
const entries = [
  '^(packages|apps|tools)/[^/]+/src/index\\.ts$',
  '^packages/core/src/errors\\.ts$',
  '^packages/cli/bin/run\\.js$',
  '^packages/cli/src/(commands/.*|help|write-bundle|write-manifest|doctor/probe-process)\\.ts$',
  '^packages/checkpoints/src/(?:quantize/worker|tokenizers/tokenizer-process)\\.ts$',
  '^apps/page/src/(try|replay)/main\\.tsx$',
  '^tools/pretrain/src/(main|evaluate|store-half)\\.ts$',
];

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-circles-of-folders', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
    ...Object.entries(arrows).map(([folder, others]) => ({
      name: `arrows-of-${folder.split('/')[1]}`,
      comment: `${folder} imports no package of this repository but: ${others.join(', ') || 'none'}`,
      severity: 'error',
      from: { path: `^${folder}/` },
      to: { path: '^(packages|apps|tools)/', pathNot: `^${folder}/|^(packages|apps)/(${others.join('|')})/` },
    })),
    {
      name: 'packages-by-name',
      comment: 'another package is imported by its name, never by a path into it',
      severity: 'error',
      from: { path: '^(packages|apps|tools)/([^/]+)/' },
      to: { path: '^(packages|apps|tools)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'core-without-io',
      comment: 'core has no native code and does no I/O: zod and refa are all that it imports',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { pathNot: '^packages/core/|^node_modules/(zod|refa)/' },
    },
    {
      name: 'declared-dependencies',
      comment: "what the product imports stands among its package's dependencies",
      severity: 'error',
      from: {},
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'],
        // The types of a package that the user may install beside it.
        pathNot: 'node_modules/@tensorflow/tfjs-core/',
      },
    },
    {
      name: 'no-development-dependencies',
      comment: 'but for the command, which bundles them: its dependencies are what the bundle leaves outside',
      severity: 'error',
      from: { pathNot: '^packages/cli/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@tensorflow/tfjs-core/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-tests-in-the-product', severity: 'error', from: {}, to: { path: '\\.test\\.' } },
    {
      name: 'no-unused-files',
      comment:
        'a file of the product is reached from an entry; if it is started by its path, list it in `entries`',
      severity: 'error',
      from: { path: entries },
      to: {
        path: '^(packages|apps|tools)/[^/]+/src/',
        pathNot: ['\\.test\\.', ...entries],
        reachable: false,
      },
    },
  ],
  options: {
    parser: 'swc',
    // Types too: a circle of types is a circle for who reads.
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: ['node_modules', '\\.test\\.'] },
    exclude: { path: ['^(packages|apps|tools)/[^/]+/dist/', '\\.test\\.tsx?$'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'default'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
