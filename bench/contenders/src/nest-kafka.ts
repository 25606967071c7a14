// https://docs.nestjs.com/microservices/kafka: an event pattern on kafkajs' `eachMessage`, keyed by mini-program.
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  EventPattern,
  KafkaRetriableException,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import type { Contender, ContenderConfig, Job } from '@wxa/bench';
import { Kafka, logLevel } from 'kafkajs';
import { lastValueFrom } from 'rxjs';

/** The obvious first version: one message after the other. */
export const nestEachMessage = contender(() => ({}));

/** One partition for each call that may be in flight, all consumed concurrently. */
export const nestPartitions = contender(({ inFlight }) => ({ partitionsConsumedConcurrently: inFlight }));

type RunOptions = { partitionsConsumedConcurrently?: number };

function contender(runOptions: (config: ContenderConfig) => RunOptions): Contender {
  return {
    async open(config) {
      await createTopic(config);
      const producer = new ClientKafka({ client: client(config), producerOnlyMode: true });
      await producer.connect();
      return {
        async add(jobs) {
          const messages = jobs.map((job) => ({ key: job.appid, value: JSON.stringify(job) }));
          await lastValueFrom(producer.emitBatch(config.name, { messages }), { defaultValue: undefined });
        },
        close: () => producer.close(),
      };
    },
    async work(config, call) {
      const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleFor(config.name, call), {
        transport: Transport.KAFKA,
        options: {
          client: client(config),
          consumer: { groupId: config.name },
          subscribe: { fromBeginning: true },
          run: runOptions(config),
        },
        logger: ['warn', 'error'],
      });
      await app.listen();
    },
  };
}

function client({ kafka }: ContenderConfig) {
  // kafkajs would log each failed attempt to use a topic that was just created.
  return { clientId: 'contender', brokers: [kafka], logLevel: logLevel.NOTHING };
}

async function createTopic(config: ContenderConfig): Promise<void> {
  const admin = new Kafka(client(config)).admin();
  await admin.connect();
  try {
    const topic = { topic: config.name, numPartitions: config.inFlight };
    await admin.createTopics({ topics: [topic], waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
}

function moduleFor(topic: string, call: (job: Job) => Promise<void>) {
  @Controller()
  class CommitController {
    @EventPattern(topic)
    async commit(@Payload() job: unknown): Promise<void> {
      await call(job as Job).catch((error) => {
        // Any other error counts as handled.
        throw new KafkaRetriableException(String(error));
      });
    }
  }

  @Module({ controllers: [CommitController] })
  class CommitModule {}
  return CommitModule;
}
