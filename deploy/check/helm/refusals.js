const CONSOLE = {
  enabled: true,
  publicUrl: 'https://console.example.com',
  gateway: { caConfigMap: 'wxa-grpc-ca', apiKeySecret: 'wxa-console-key' },
  ingress: { kind: 'none' },
};

/** Values that stop the chart, over those of values/minimal.yaml, with a part of the message. One error each. */
export const REFUSALS = {
  'no digest': [{ image: { digest: '' } }, 'image.digest is required'],
  'tag latest': [{ image: { tag: 'latest' } }, 'image.tag must not be latest'],
  'replication factor 2': [{ kafka: { replicationFactor: 2 } }, 'kafka.replicationFactor must be at least 3'],
  'Kafka without TLS': [{ kafka: { tls: { enabled: false } } }, 'kafka.tls.enabled must be true'],
  'Kafka without authentication': [{ kafka: { sasl: { mechanism: '' } } }, 'kafka.sasl.mechanism or'],
  'Postgres without TLS': [{ database: { sslmode: 'disable' } }, 'database.sslmode must be verify-full'],
  'gRPC without TLS': [{ grpc: { tls: { secret: '' } } }, 'grpc.tls.secret is required'],
  'no policy': [{ grpc: { policy: { configMap: '' } } }, 'grpc.policy.configMap or'],
  'a console over http': [
    { console: { ...CONSOLE, publicUrl: 'http://console.example.com' } },
    'console.publicUrl must begin with https',
  ],
  'a console that does not verify the gateway': [
    { console: { ...CONSOLE, gateway: { apiKeySecret: 'wxa-console-key' } } },
    'console.gateway.caConfigMap is required',
  ],
  'a console without a credential': [
    { console: { ...CONSOLE, gateway: { caConfigMap: 'wxa-grpc-ca' } } },
    'console.gateway.clientSecret or',
  ],
  'a console without users': [
    { console: { ...CONSOLE, usersSecret: '' } },
    'console.usersSecret or console.oidc.issuer is required',
  ],
  'tokens without a certificate': [
    { tokenService: { enabled: true }, grpc: { tls: { secret: '', terminatedBy: 'mesh' } } },
    'grpc.tls.secret is required with tokenService.enabled',
  ],
  'tokens without a policy': [
    { tokenService: { enabled: true }, development: true, grpc: { policy: { configMap: '' } } },
    'grpc.policy.configMap or grpc.policy.content is required with tokenService.enabled',
  ],
  'tokens that another program renews': [
    {
      tokenService: { enabled: true },
      wechat: { tokenSource: 'endpoint', tokenUrl: 'https://tokens.example.com/token' },
    },
    'wechat.tokenSource must be component with tokenService.enabled',
  ],
  'settings with a token service': [
    { gateway: { settings: { TOKEN_SERVICE_ADDR: '0.0.0.0:9000' } } },
    'gateway.settings.TOKEN_SERVICE_ADDR must not be set',
  ],
  'two forward files': [
    { forwards: { configMap: 'wxa-forwards', secret: 'wxa-forwards' } },
    'forwards must have only one of',
  ],
  'plain callbacks': [{ wechat: { callbackMode: 'plain' } }, 'wechat.callbackMode must be secure'],
  'static tokens': [{ wechat: { tokenSource: 'static' } }, 'wechat.tokenSource must not be static'],
  'settings without the policy': [
    { gateway: { settings: { AUTH_POLICY_FILE: '' } } },
    'gateway.settings.AUTH_POLICY_FILE must not be set',
  ],
  'settings without authentication': [
    { gateway: { settings: { AUTH: 'none' } } },
    'gateway.settings.AUTH must not be set',
  ],
  'settings with a secret that is a file': [
    { worker: { settings: { WECHAT_COMPONENT_APPSECRET: 'secret' } } },
    'worker.settings.WECHAT_COMPONENT_APPSECRET must not be set',
  ],
  'settings with another gateway': [
    { console: { ...CONSOLE, settings: { GATEWAY_ADDR: 'elsewhere:50051' } } },
    'console.settings.GATEWAY_ADDR must not be set',
  ],
  'settings with other scopes': [
    {
      console: {
        ...CONSOLE,
        scopesSecret: 'wxa-scopes',
        settings: { CONSOLE_SCOPES_FILE: '/tmp/scopes.json' },
      },
    },
    'console.settings.CONSOLE_SCOPES_FILE must not be set',
  ],
  'WeChat over http': [
    { wechat: { apiUrl: 'http://proxy.example.com' } },
    'wechat.apiUrl must begin with https',
  ],
};

/** Values that the schema rejects, with a part of the message. */
export const INVALID = {
  'unknown value': [{ gateway: { replica: 3 } }, "'replica' not allowed"],
  'no worker': [{ worker: { replicas: 0 } }, 'replicas'],
  'digest that is none': [{ image: { digest: 'sha256:1' } }, 'digest'],
  'a forward to no port': [{ forwards: { ports: [0] } }, 'ports'],
  'broker without port': [{ kafka: { brokers: ['kafka'] } }, 'brokers'],
};
