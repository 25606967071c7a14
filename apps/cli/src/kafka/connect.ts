import { connectKafka, type KafkaConnection } from '@wxa/kafka';
import { configOrExit, kafkaClientSettings, kafkaSettings, withCrossChecks } from '@wxa/service';
import { z } from 'zod';

/** The connection of a command to Kafka; exits with 78 if its settings are invalid. */
export function connect(command: string): KafkaConnection {
  const config = configOrExit(withCrossChecks(z.object(kafkaSettings)));
  const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined };
  return connectKafka({
    ...kafkaClientSettings(config, ({ message }) => console.error(message)),
    clientId: `wxa-cli ${command}`,
    logger: quiet,
  });
}
