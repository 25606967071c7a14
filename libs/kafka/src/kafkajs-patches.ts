import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import Runner from 'kafkajs/src/consumer/runner.js';
import Connection from 'kafkajs/src/network/connection.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { isRejected } from './authorization.js';

// What of kafkajs this library replaces, when it is imported (docs/decisions/kafkajs.md).

/** The version whose internals are replaced. */
const VERSION = '2.2.4';
const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { version: string };
if (version !== VERSION) {
  throw new Error(`kafkajs ${version} is installed, but ${VERSION} is needed: its internals are replaced`);
}

const { connect, rejectRequests } = Connection.prototype;
/** The size of a response is its first field. */
const SIZE_BYTES = 4;

/**
 * kafkajs 2.2.4 keeps the part of a response that had arrived when its connection was reset, and takes the first bytes of the
 * next connection for the rest: an exception in the socket's handler, which ends the process, or no response is read any more.
 */
Connection.prototype.connect = function connectWithoutRest() {
  if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: SIZE_BYTES });
  return connect.call(this);
};

/**
 * kafkajs 2.2.4 waits without end for the response to an authentication whose connection was reset, and takes the first
 * response of the next connection for it.
 */
Connection.prototype.rejectRequests = function rejectWithAuthentication(error) {
  this.authHandlers?.onError();
  rejectRequests.call(this, error);
};

const { scheduleCheckPendingRequests } = RequestQueue.prototype;

/**
 * kafkajs 2.2.4 checks for pending requests every millisecond on each connection, even if there are none
 * (tulios/kafkajs#1704), and sets a timer with a negative time, about which Node 24 warns. It also checks when a request ends,
 * so the timer is needed only while requests are pending.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhilePending() {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};

const { recoverFromOffsetOutOfRange } = ConsumerGroup.prototype;

/**
 * A partition that lost its tail or was recreated has no record at the next position. kafkajs 2.2.4 then silently
 * restarts at its beginning, and repeats offsets under which other records are in flight. A re-join before that ends
 * them, so that none is committed.
 */
ConsumerGroup.prototype.recoverFromOffsetOutOfRange = async function rejoinAndReset(error) {
  await this.joinAndSync();
  const isOurs = this.assigned().some(
    ({ topic, partitions }) => topic === error.topic && partitions.includes(error.partition),
  );
  // If not, its new owner resets it.
  if (isOurs) await recoverFromOffsetOutOfRange.call(this, error);
};

const { fetch } = ConsumerGroup.prototype;
const { handleBatch, start } = Runner.prototype;
/** The offset manager, one per assignment, by whose position a batch was fetched. */
const readFor = new WeakMap<object, unknown>();

/**
 * kafkajs 2.2.4 has a fetch loop per broker. One that receives NOT_LEADER_FOR_PARTITION re-joins the group while the
 * others continue from a position that the new assignment does not have: all records that were read before and not
 * committed would be skipped.
 */
ConsumerGroup.prototype.fetch = async function fetchForAssignment(nodeId) {
  const { offsetManager } = this;
  const batches = await fetch.call(this, nodeId);
  for (const batch of batches) readFor.set(batch, offsetManager);
  return batches;
};

Runner.prototype.handleBatch = async function handleCurrentBatch(batch) {
  if (readFor.get(batch) === this.consumerGroup.offsetManager) await handleBatch.call(this, batch);
};

const { joinAndSync, leave } = ConsumerGroup.prototype;
/** The members of groups that Kafka may still know, by the cluster of their consumers. */
const members = new WeakMap<object, string>();

/**
 * A consumer of kafkajs 2.2.4 that starts again after an outage joins as a new member, and Kafka lets the group wait until the session of
 * the previous one has expired. It joins as that one; if Kafka does not know it, kafkajs joins as a new one.
 */
ConsumerGroup.prototype.joinAndSync = async function joinAsBefore() {
  this.memberId ??= members.get(this.cluster) ?? null;
  try {
    await joinAndSync.call(this);
  } finally {
    if (this.memberId !== null) members.set(this.cluster, this.memberId);
  }
};

ConsumerGroup.prototype.leave = async function leaveForGood() {
  await leave.call(this);
  members.delete(this.cluster);
};

/** Pause before a consumer starts again after an error that kafkajs takes for permanent. */
const RESTART_MS = 500;

/**
 * kafkajs 2.2.4 ends a consumer on errors that an outage of Kafka can cause, such as a failed authentication, an
 * unreadable response or a TypeError of its own. Here it starts again, unless Kafka has rejected it. Nothing waits
 * for `onCrash`, whose rejection would end the process.
 */
Runner.prototype.start = async function startAgainAfterOutage() {
  const { onCrash } = this;
  const crashAgain = async (failed: Error): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
    await onCrash(restarting(failed)).catch(crashAgain);
  };
  this.onCrash = (error) =>
    onCrash(error.retriable === true || isRejected(error) ? error : restarting(error)).catch(crashAgain);
  await start.call(this);
};

function restarting(error: Error): Error {
  const { name, message, stack } = error;
  return Object.assign(new kafkajs.KafkaJSError(message), { name, stack, retryTime: RESTART_MS });
}

const { findGroupCoordinatorMetadata } = Cluster.prototype;

/**
 * kafkajs 2.2.4 discards the errors of the brokers that it asks for the coordinator of a group, so that a denied group looks as
 * if it had none. The last broker is asked again, for the coordinator or its reason.
 */
Cluster.prototype.findGroupCoordinatorMetadata = async function findOrReject(request) {
  try {
    return await findGroupCoordinatorMetadata.call(this, request);
  } catch (error) {
    if ((error as Error).name !== 'KafkaJSGroupCoordinatorNotFound') throw error;
    return await (await this.brokerPool.findConnectedBroker()).findGroupCoordinator(request);
  }
};
