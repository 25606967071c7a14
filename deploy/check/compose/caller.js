// What a platform does with the service, from outside: calls over gRPC, the simulator's control API, events from Kafka.
import { equal, ok } from 'node:assert/strict';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { servicesOn } from '@wxa/client';
import { AuthorizerState, OperationState } from '@wxa/contracts';
import { TopicReader, waitUntil } from '@wxa/stack';

const DEADLINE_MS = 60_000;

/** A caller of the project with these published ports. */
export class ProjectCaller {
  #group = 0;

  constructor(ports) {
    const at = (name) => `127.0.0.1:${ports[name]}`;
    this.http = `http://${at('HTTP_PORT')}`;
    this.sim = `http://${at('SIM_PORT')}`;
    this.console = `http://${at('CONSOLE_PORT')}`;
    this.brokers = [at('KAFKA_PORT')];
    this.client = new Client(at('GRPC_PORT'), credentials.createInsecure());
    this.services = servicesOn(this.client, new Metadata({ waitForReady: true }), () => DEADLINE_MS);
  }

  /** The simulator's control API. */
  async control(path, body) {
    const response = await fetch(`${this.sim}/sim/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    ok(response.ok, `${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Lets a mini-program authorize the platform and waits until the service can act for it. */
  async authorize(appid) {
    await eventually('the ticket', () => this.control(`apps/${appid}/authorization`, {}));
    await eventually(`the authorization of ${appid}`, async () => {
      const { state } = await this.services.authorizers.getAuthorizer({ appid });
      equal(state, AuthorizerState.AUTHORIZER_STATE_AUTHORIZED);
    });
  }

  /** Resolves with the finished operation. */
  async change(rpc, request) {
    const { id } = await this.services.codeManagement[rpc](request);
    return this.finished(id);
  }

  async finished(id) {
    const wait = { id, timeout: { seconds: 30n, nanos: 0 }, untilFinal: true };
    const operation = await this.services.operations.waitOperation(wait);
    const { state, method, error } = operation;
    equal(state, OperationState.OPERATION_STATE_SUCCEEDED, `${method}: ${error?.message}`);
    return operation;
  }

  commit(appid, userVersion) {
    const request = { appid, templateId: 0n, userVersion, userDesc: 'check' };
    return this.services.codeManagement.commit(request);
  }

  /** A whole release: commit, audit that WeChat approves by callback, release. Resolves with their operations. */
  async release(appid, userVersion) {
    const commit = await this.finished((await this.commit(appid, userVersion)).id);
    const category = { firstClass: '文娱', secondClass: '资讯', firstId: 1, secondId: 2 };
    const items = [{ address: 'index', tag: 'check', title: 'index', ...category }];
    const submit = await this.change('submitAudit', { appid, items });
    await this.control(`apps/${appid}/audit`, { decision: 'approve' });
    const audit = await eventually('the audit event', async () => {
      const event = (await this.events()).find(
        ({ topic, id }) => topic.endsWith('audits.v1') && id.startsWith(submit.id),
      );
      equal(event?.id, `${submit.id}.audit-completed`);
      return event;
    });
    const release = await this.change('release', { appid });
    return { commit, submit, audit, release };
  }

  /** All events, read from the beginning through the published port. */
  async events() {
    const reader = new TopicReader({ brokers: this.brokers }, `check-${process.pid}-${++this.#group}`);
    await reader.start();
    try {
      await reader.toTheEnd();
      return reader.events;
    } finally {
      await reader.stop();
    }
  }

  /** Lists the operations as the application of the console does, whose page and files it loads. */
  async operationsInConsole() {
    const post = async (path, body, more = {}) => {
      const headers = { origin: this.console, 'content-type': 'application/json', ...more };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      return answered(await fetch(`${this.console}${path}`, init));
    };
    const login = await post('/login', { name: 'operator', password: 'simulator' });
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const page = await (await answered(await fetch(this.console, { headers: { cookie } }))).text();
    for (const [, path] of page.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g))
      await answered(await fetch(`${this.console}${path}`));
    const [, token = ''] = /formToken&quot;:&quot;([\w-]+)/.exec(page) ?? [];
    const answer = await post('/api/Operations/ListOperations', {}, { cookie, 'x-form-token': token });
    return (await answer.json()).operations;
  }

  close() {
    this.client.close();
  }
}

export function eventually(name, probe, timeoutMs = DEADLINE_MS) {
  return waitUntil(probe, { name, timeoutMs });
}

/** An answer, if it is none of an error. */
async function answered(response) {
  ok(response.ok, `${response.url}: ${response.status} ${response.ok ? '' : await response.text()}`);
  return response;
}
