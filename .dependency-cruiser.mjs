const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: ['\\.spec\\.ts$', '/fixtures/'] },
  to: { path: '^(libs|apps|stack|chaos|bench|test)/', pathNot: [from, ...allowed] },
});

/** Files of `folder` import only these other folders of their app (and its root and the libraries). */
const layer = (app, folder, below) => ({
  name: `${app}-${folder}`,
  severity: 'error',
  from: { path: `^apps/${app}/src/${folder}/`, pathNot: ['\\.spec\\.ts$', '/fixtures/'] },
  to: {
    path: `^apps/${app}/src/[^/]+/`,
    pathNot: [`^apps/${app}/src/(${[folder, ...below].join('|')})/`, '/schedule/poller\\.ts$'],
  },
});

/** The import rules of the repository; docs/decisions/layout.md says why. `npm run lint` runs it. */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'No cycles between files, by value or by type.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-cycle-of-folders',
      comment: 'No cycles between folders.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(libs|apps)/' },
      to: { circular: true },
    },
    only('contracts-alone', '^libs/contracts/', [], 'libs/contracts imports nothing of ours.'),
    only('wxa-client-alone', '^libs/wxa-client/', [], 'libs/wxa-client imports nothing of ours.'),
    only('policy-contracts', '^libs/policy/', ['^libs/contracts/'], 'libs/policy imports contracts only.'),
    only('service-alone', '^libs/service/', [], 'libs/service imports nothing of ours.'),
    only(
      'methods',
      '^libs/methods/',
      ['^libs/(contracts|wxa-client)/'],
      'libs/methods knows contracts and wxa-client.',
    ),
    only(
      'rollouts',
      '^libs/rollouts/',
      ['^libs/(contracts|methods)/'],
      'libs/rollouts knows contracts and methods.',
    ),
    only(
      'store',
      '^libs/store/',
      ['^libs/contracts/', '^libs/service/src/batcher\\.ts$'],
      'libs/store knows types of contracts and the batcher.',
    ),
    only(
      'kafka',
      '^libs/kafka/',
      ['^libs/(store|contracts)/', '^libs/service/src/(batcher|logging/lease-log|outage-log)\\.ts$'],
      'libs/kafka knows store, contracts, the batcher and the logs of leases and outages.',
    ),
    only('gateway', '^apps/gateway/', ['^libs/'], 'Apps import libraries only.'),
    only('release-worker', '^apps/release-worker/', ['^libs/'], 'Apps import libraries only.'),
    only('wechat-sim', '^apps/wechat-sim/', ['^libs/'], 'Apps import libraries only.'),
    only(
      'console',
      '^apps/console/',
      ['^libs/(contracts|policy|service)/'],
      'The console is a client of the gateway.',
    ),
    only('cli', '^apps/cli/', ['^libs/'], 'Apps import libraries only.'),
    layer('release-worker', 'throttle', []),
    layer('release-worker', 'lanes', []),
    layer('release-worker', 'tokens', ['throttle']),
    layer('release-worker', 'wechat', ['tokens', 'throttle']),
    layer('release-worker', 'settle', ['throttle']),
    layer('release-worker', 'backlog', ['lanes']),
    layer('release-worker', 'schedule', []),
    layer('release-worker', 'reconcile', ['settle', 'wechat', 'tokens', 'throttle']),
    layer('release-worker', 'attempt', ['lanes', 'settle', 'wechat', 'tokens', 'throttle']),
    layer('gateway', 'errors', []),
    layer('gateway', 'decode', ['errors']),
    layer('gateway', 'credentials', ['errors']),
    layer('gateway', 'callers', ['credentials', 'decode', 'errors']),
    layer('gateway', 'await', ['errors']),
    layer('gateway', 'accept', ['await', 'decode', 'errors']),
    layer('gateway', 'operations', ['errors']),
    layer('gateway', 'rollout-policy', ['callers', 'errors']),
    layer('gateway', 'rollouts', ['await', 'callers', 'errors', 'operations', 'rollout-policy']),
    layer('gateway', 'webhook', ['errors']),
    layer('gateway', 'rpc', ['accept', 'await', 'callers', 'operations', 'rollouts', 'errors']),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.cruiser.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['/dist/', '/generated/', '^node_modules'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'default'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
