/** The topics by their public names; a deployment may add a prefix. */
export const TOPICS = {
  commands: 'wxa.code.commands.v1',
  outcomes: 'wxa.code.outcomes.v1',
  audits: 'wxa.code.audits.v1',
  deadLetters: 'wxa.code.commands.v1.dlq',
} as const;

/** The name of a topic, without a deployment's prefix. */
export type TopicName = (typeof TOPICS)[keyof typeof TOPICS];
