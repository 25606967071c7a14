/** The topics, as contract and operators know them; a deployment may put a prefix before each. */
export const TOPICS = {
  commands: 'wxa.code.commands.v1',
  outcomes: 'wxa.code.outcomes.v1',
  audits: 'wxa.code.audits.v1',
  deadLetters: 'wxa.code.commands.v1.dlq',
} as const;

/** The name of a topic, without a deployment's prefix. */
export type TopicName = (typeof TOPICS)[keyof typeof TOPICS];
