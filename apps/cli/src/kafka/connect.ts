import { connectKafka, type KafkaConnection } from '@wxa/kafka';
import { kafkaClientSettings, kafkaSettings, readConfig, withCrossChecks } from '@wxa/service/settings';
import { z } from 'zod';

/** The connection of a command to Kafka; exits with 78 if its settings are invalid. */
export function connect(command: string): KafkaConnection {
  const config = readConfig(withCrossChecks(z.object(kafkaSettings)), process.env);
  const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined };
  return connectKafka({
    ...kafkaClientSettings(config, ({ message }) => console.error(message)),
    clientId: `wxa-cli ${command}`,
    logger: quiet,
  });
}
