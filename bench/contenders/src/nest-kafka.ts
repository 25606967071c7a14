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
import type { Contender, Job, Place } from '@wxa/bench';
import { Kafka, logLevel } from 'kafkajs';
import { lastValueFrom } from 'rxjs';

/** What anyone would write first: one message after the other. */
export const nestEachMessage = contender(() => ({}));

/** As many partitions at once as calls may be in flight; the topic has that many. */
export const nestPartitions = contender(({ inFlight }) => ({ partitionsConsumedConcurrently: inFlight }));

type RunOptions = { partitionsConsumedConcurrently?: number };

function contender(runOptions: (place: Place) => RunOptions): Contender {
  return {
    async open(place) {
      await createTopic(place);
      const producer = new ClientKafka({ client: client(place), producerOnlyMode: true });
      await producer.connect();
      return {
        async add(jobs) {
          const messages = jobs.map((job) => ({ key: job.appid, value: JSON.stringify(job) }));
          await lastValueFrom(producer.emitBatch(place.name, { messages }), { defaultValue: undefined });
        },
        close: () => producer.close(),
      };
    },
    async work(place, call) {
      const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleFor(place.name, call), {
        transport: Transport.KAFKA,
        options: {
          client: client(place),
          consumer: { groupId: place.name },
          subscribe: { fromBeginning: true },
          run: runOptions(place),
        },
        logger: ['warn', 'error'],
      });
      await app.listen();
    },
  };
}

function client({ kafka }: Place) {
  // It would tell of each try at a topic that was made a moment ago.
  return { clientId: 'contender', brokers: [kafka], logLevel: logLevel.NOTHING };
}

async function createTopic(place: Place): Promise<void> {
  const admin = new Kafka(client(place)).admin();
  await admin.connect();
  try {
    const topic = { topic: place.name, numPartitions: place.inFlight };
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
