import { EVENTS, METHODS, TOPICS } from '@wxa/contracts';
import { schemasOf, tidy } from './schemas.js';

const APPID = { type: 'string', pattern: '^wx[0-9a-f]{16}$' };
const TRACE = { type: 'string', pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' };
const text = (more = {}) => ({ type: 'string', ...more });

/** The topics: their messages, and which app sends and which receives them. */
const CHANNELS = {
  commands: {
    messages: ['CodeCommand'],
    sends: 'gateway',
    receives: 'release-worker',
    description: 'The work of the release worker. Internal: do not consume or write it.',
  },
  outcomes: {
    messages: ['OperationCompleted', 'OperationInDoubt'],
    sends: 'release-worker',
    receives: 'gateway',
    description: 'The end of every operation, and the notice that an outcome at WeChat is unknown.',
  },
  audits: {
    messages: ['AuditCompleted', 'AuditDelayed'],
    sends: 'gateway and release-worker',
    description: 'Decisions of audits and their delays.',
  },
  rollouts: {
    messages: EVENTS.filter((name) => name.startsWith('Rollout')),
    sends: 'release-worker',
    description: 'What happens to rollouts and their targets. The key is the id of the rollout.',
  },
  fleet: {
    messages: ['AuthorizerChanged', 'ReadinessChanged', 'MiniProgramReleased'],
    sends: 'gateway and release-worker',
    description:
      'What changes about mini-programs: their authorizations, their readiness and their live versions.',
  },
  deadLetters: {
    messages: ['DeadLetter'],
    sends: 'release-worker',
    description: 'Records of the commands topic that cannot be processed, unmodified.',
  },
  events: {
    messages: ['PlatformEvent'],
    sends: 'gateway',
    description:
      "WeChat's callbacks that are on no other topic. They contain personal data: what people wrote, with their openids.",
  },
};

const ROLLOUT_ID = {
  type: 'string',
  pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
};

/** Key and `ce_subject` of a message. */
function identityOf(name) {
  if (!CHANNELS.rollouts.messages.includes(name))
    return { key: APPID, subject: { $ref: '#/components/schemas/Appid' } };
  const subject = { ...ROLLOUT_ID, description: 'The id of the rollout.' };
  if (name !== 'RolloutTargetCompleted') return { key: ROLLOUT_ID, subject };
  const pattern = `${ROLLOUT_ID.pattern.slice(0, -1)}/${APPID.pattern.slice(1)}`;
  return {
    key: ROLLOUT_ID,
    subject: text({ pattern, description: 'The id of the rollout, / and the appid.' }),
  };
}

/** The headers that only outcomes have. */
const OUTCOME_HEADERS = {
  ce_method: text({ enum: Object.keys(METHODS), description: 'Name of the RPC.' }),
  ce_state: text({
    enum: ['SUCCEEDED', 'FAILED', 'CANCELLED', 'IN_DOUBT'],
    description: 'State, without its prefix.',
  }),
  ce_kind: text({ enum: ['change', 'query'] }),
};

/** The headers that only platform events have. */
const PLATFORM_EVENT_HEADERS = {
  ce_event: text({
    pattern: '^[A-Za-z0-9_.-]{1,64}$',
    description: 'Event, InfoType or MsgType of the callback; `other` if that has another form.',
  }),
  ce_kind: text({ enum: ['message', 'event', 'authorization'] }),
};

/**
 * The AsyncAPI 3.1 document.
 * @param {{version: string, files: import('@bufbuild/protobuf/wkt').FileDescriptorProto[], partitions: number,
 *   topicConfig: (name: string) => {name: string, value: string}[], examples: Record<string, object>}} given
 */
export function asyncapi({ version, files, partitions, topicConfig, examples }) {
  const events = Object.values(CHANNELS)
    .flatMap(({ messages }) => messages)
    .filter((name) => name !== 'DeadLetter');
  const schemas = schemasOf(files, events);
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'wxa-code events',
      version,
      description: `${topComment(files)}\n\nA deployment can add a prefix to the topics (KAFKA_TOPIC_PREFIX). Later versions may add properties, enum values, headers, messages and channels: ignore those that you do not know.`,
    },
    defaultContentType: 'application/json',
    channels: mapValues(CHANNELS, (channel, name) =>
      channelOf(TOPICS[name], channel, { partitions, topicConfig }),
    ),
    operations: Object.assign({}, ...Object.entries(CHANNELS).map(operationsOf)),
    components: {
      messages: Object.fromEntries([
        ...events.map((name) => [name, messageOf(name, schemas[name].description, examples[name])]),
        ['DeadLetter', deadLetter()],
      ]),
      schemas: { Appid: { description: 'The key: the appid of the mini-program.', ...APPID }, ...schemas },
    },
  };
}

function channelOf(address, { messages, description }, { partitions, topicConfig }) {
  const config = Object.fromEntries(topicConfig(address).map(({ name, value }) => [name, value]));
  const topicConfiguration = {
    'cleanup.policy': [config['cleanup.policy']],
    'retention.ms': Number(config['retention.ms']),
  };
  return {
    address,
    description,
    messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: { kafka: { topic: address, partitions, topicConfiguration, bindingVersion: '0.5.0' } },
  };
}

function operationsOf([name, { sends, receives }]) {
  const channel = { $ref: `#/channels/${name}` };
  const title = name[0].toUpperCase() + name.slice(1);
  return {
    [`send${title}`]: { action: 'send', channel, summary: `By ${sends}.` },
    ...(receives && { [`receive${title}`]: { action: 'receive', channel, summary: `By ${receives}.` } }),
  };
}

function messageOf(name, summary, example) {
  const type = `wxa.code.v1.${name}`;
  const { key, subject } = identityOf(name);
  const properties = {
    ce_specversion: { const: '1.0' },
    ce_id: text({
      minLength: 1,
      description: 'The same however often the event is published: deduplicate by it.',
    }),
    ce_type: { const: type },
    ce_source: text({ pattern: '^/wxa-code/[^/]+/(gateway|release-worker)$' }),
    ce_subject: subject,
    ce_time: text({ format: 'date-time' }),
    ce_dataschema: { const: `https://type.googleapis.com/${type}` },
    ce_traceparent: TRACE,
    traceparent: TRACE,
    'content-type': { const: 'application/json' },
    ...(CHANNELS.outcomes.messages.includes(name) && OUTCOME_HEADERS),
    ...(CHANNELS.events.messages.includes(name) && PLATFORM_EVENT_HEADERS),
  };
  const optional = { tracestate: text(), ce_tracestate: text() };
  return {
    name: type,
    summary,
    contentType: 'application/json',
    headers: {
      type: 'object',
      properties: { ...properties, ...optional },
      required: Object.keys(properties),
    },
    payload: { $ref: `#/components/schemas/${name}` },
    // Without a `$ref`, which the binding's schema does not accept.
    bindings: { kafka: { key, bindingVersion: '0.5.0' } },
    ...(example && { examples: [example] }),
  };
}

/** Key, value and headers of a dead letter are those of the record, whatever they are. */
function deadLetter() {
  const properties = {
    'dlq.topic': text({ description: 'Topic of the record.' }),
    'dlq.partition': text({ pattern: '^[0-9]+$' }),
    'dlq.offset': text({ pattern: '^[0-9]+$' }),
    'dlq.reason': text({ description: 'Why it cannot be processed, for example UNKNOWN_OPERATION.' }),
    'dlq.time': text({ format: 'date-time' }),
  };
  return {
    name: 'DeadLetter',
    summary: 'A record of the commands topic that cannot be processed, with its own key, value and headers.',
    headers: { type: 'object', properties, required: Object.keys(properties) },
    payload: {},
  };
}

/** The comment of events.proto. */
function topComment(files) {
  const events = files.find(({ name }) => name.endsWith('/events.proto'));
  const comment =
    events.sourceCodeInfo.location.find(({ path }) => path.join() === '12')?.leadingComments ?? '';
  return tidy(comment);
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]));
}
